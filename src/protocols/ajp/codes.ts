/** The numbers that AJP/1.3 has for what comes often. (AJPv13 reference, Request and Response) */

/** What a packet to the servlet container is. */
export const FORWARD_REQUEST = 2;
export const SHUTDOWN = 7;
export const PING = 8;
export const CPING = 10;

/** What a packet from it is. */
export const SEND_BODY_CHUNK = 3;
export const SEND_HEADERS = 4;
export const END_RESPONSE = 5;
export const GET_BODY_CHUNK = 6;
export const CPONG = 9;

/** In place of a method's number: its name is an attribute. */
export const STORED_METHOD = 0xff;

/** In place of an attribute's number: there are no more. */
export const ATTRIBUTES_END = 0xff;

/** The attributes of a request. */
export const CONTEXT = 1;
export const SERVLET_PATH = 2;
export const REMOTE_USER = 3;
export const AUTH_TYPE = 4;
export const QUERY_STRING = 5;
export const ROUTE = 6;
export const SSL_CERT = 7;
export const SSL_CIPHER = 8;
export const SSL_SESSION = 9;
/** A name and a value. */
export const NAMED = 10;
export const SSL_KEY_SIZE = 11;
export const SECRET = 12;
export const METHOD = 13;

/** The high byte of a header's number, where a length could never have it. */
export const HEADER_CODE = 0xa0;

const METHODS =
  'OPTIONS GET HEAD POST PUT DELETE TRACE PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK ACL REPORT VERSION-CONTROL CHECKIN CHECKOUT UNCHECKOUT SEARCH MKWORKSPACE UPDATE LABEL MERGE BASELINE-CONTROL MKACTIVITY'.split(
    ' ',
  );

const REQUEST_HEADERS =
  'accept accept-charset accept-encoding accept-language authorization connection content-type content-length cookie cookie2 host pragma referer user-agent'.split(
    ' ',
  );

const RESPONSE_HEADERS =
  'Content-Type Content-Language Content-Length Date Last-Modified Location Set-Cookie Set-Cookie2 Servlet-Engine Status WWW-Authenticate'.split(
    ' ',
  );

/** The method with a number, which counts from 1. */
export function methodOf(code: number): string | undefined {
  return METHODS[code - 1];
}

/** The number of a method, or STORED_METHOD. */
export function methodCode(method: string): number {
  return METHODS.indexOf(method) + 1 || STORED_METHOD;
}

/** The name of a request's header by the low byte of its number, which counts from 1. */
export function requestHeaderOf(code: number): string | undefined {
  return REQUEST_HEADERS[code - 1];
}

/** The name of a response's header by the low byte of its number, which counts from 1. */
export function responseHeaderOf(code: number): string | undefined {
  return RESPONSE_HEADERS[code - 1];
}

/** Numbers of headers by their names in lower case. */
export const requestHeaderCodes = numbered(REQUEST_HEADERS);
export const responseHeaderCodes = numbered(RESPONSE_HEADERS);

function numbered(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, index) => [name.toLowerCase(), index + 1]));
}
