/** How much of everything a peer may send. A limit counts the message, however it was cut into reads. */
export interface Http1Limits {
  /** Longest request target in bytes. (RFC 9112 §3 asks for 8000 at least; nginx and Apache: 8 KiB) */
  readonly maxTarget: number;
  /** Most fields in a header section and its trailers. (Apache: 100) */
  readonly maxFields: number;
  /** Largest field line in bytes. */
  readonly maxFieldBytes: number;
  /** Most bytes of a header section and its trailers. (Node: 16 KiB) */
  readonly maxHeaderBytes: number;
  /** Largest content in bytes. */
  readonly maxBody: number;
}

export const DEFAULT_LIMITS: Http1Limits = {
  maxTarget: 8192,
  maxFields: 100,
  maxFieldBytes: 16384,
  maxHeaderBytes: 16384,
  maxBody: 1024 ** 3,
};

/** Of responses the content is not limited: it is passed on as it comes. */
export const DEFAULT_RESPONSE_LIMITS: Http1Limits = {
  ...DEFAULT_LIMITS,
  maxBody: Number.MAX_SAFE_INTEGER,
};

/** Longest method; no registered one has more than 17 letters. */
export const MAX_METHOD = 64;

/** Empty lines tolerated before a message. (RFC 9112 §2.2 asks for one at least) */
export const MAX_EMPTY_LINES = 8;

/** Longest reason phrase; it carries no meaning. (RFC 9112 §4) */
export const MAX_REASON = 1024;

/** Interim responses before the final one. */
export const MAX_INTERIM = 64;

/** Bytes of chunk extensions in one message. (Node and Go: 16 KiB, after CVE-2024-22019) */
export const MAX_CHUNK_EXTENSIONS = 16384;

/** Digits of a chunk size, leading zeros included. */
export const MAX_CHUNK_DIGITS = 32;
