/** How much of everything a front end may send with a request. It has limits of its own. */
export interface MetaRequestLimits {
  /** Most meta-variables: those of the request's fields, and what the front end adds. */
  readonly maxVariables: number;
  /** Most bytes of meta-variables, with what frames them. (uwsgi cannot carry more than 65,535) */
  readonly maxVariableBytes: number;
  /** Largest content in bytes. */
  readonly maxBody: number;
}

export const DEFAULT_META_LIMITS: MetaRequestLimits = {
  maxVariables: 500,
  maxVariableBytes: 65_536,
  maxBody: 1024 ** 3,
};

/** How much of everything the header block of a response may have. Its content is not limited. */
export interface CgiLimits {
  /** Most bytes of the block, its empty line included. (Node: 16 KiB) */
  readonly maxHeaderBytes: number;
  /** Most fields. (Apache: 100) */
  readonly maxFields: number;
}

export const DEFAULT_CGI_LIMITS: CgiLimits = { maxHeaderBytes: 16384, maxFields: 100 };
