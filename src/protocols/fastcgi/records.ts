/** The numbers of FastCGI, under their names in the specification. (FastCGI 1.0 §8) */

export const VERSION = 1;

/** Bytes of a record before its content. (§3.3) */
export const HEADER_LENGTH = 8;
/** Most content of a record. */
export const MAX_CONTENT = 65535;

/** The request id of management records. (§3.3) */
export const NO_REQUEST = 0;
export const MAX_REQUEST_ID = 65535;

/** Types of records. */
export const BEGIN_REQUEST = 1;
export const ABORT_REQUEST = 2;
export const END_REQUEST = 3;
export const PARAMS = 4;
export const STDIN = 5;
export const STDOUT = 6;
export const STDERR = 7;
export const DATA = 8;
export const GET_VALUES = 9;
export const GET_VALUES_RESULT = 10;
export const UNKNOWN_TYPE = 11;

/** Bytes of the content of BEGIN_REQUEST, END_REQUEST and UNKNOWN_TYPE. */
export const BODY_LENGTH = 8;

/** The flag of BEGIN_REQUEST: the connection is kept after the answer. (§5.1) */
export const KEEP_CONN = 1;

/** Roles. (§6) */
export const RESPONDER = 1;
export const AUTHORIZER = 2;
export const FILTER = 3;

/** What END_REQUEST says of a request. (§5.5) */
export const REQUEST_COMPLETE = 0;
export const CANT_MPX_CONN = 1;
export const OVERLOADED = 2;
export const UNKNOWN_ROLE = 3;
