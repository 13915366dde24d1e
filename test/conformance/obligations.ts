/**
 * The obligations that the suite holds a server to, as numbers of its cases' titles.
 *
 * Each letter code is a section of PEP 3333; ASY stands for the asynchronous forms, which are this
 * project's own.
 */
export const obligations = {
  APP: 23, // the application side
  SRV: 17, // the server side
  SR: 17, // start_response()
  STAT: 6, // the status string
  HDR: 10, // the header list
  HOP: 5, // hop-by-hop headers
  CLEN: 12, // Content-Length
  STR: 9, // buffering and streaming
  WR: 9, // write()
  MW: 17, // middleware
  CLOSE: 11, // close()
  ENV: 34, // environ variables
  INP: 17, // wsgi.input
  ERR: 7, // wsgi.errors
  EXC: 11, // error handling
  EXP: 8, // Expect and 100 Continue
  THR: 4, // thread support
  URL: 7, // URL reconstruction
  FW: 10, // wsgi.file_wrapper
  NB: 8, // answers without content
  ITM: 5, // wsgi.input_terminated
  EXT: 3, // extension APIs
  ASY: 42, // asynchronous forms
} as const;

/** Misbehaviour of applications (O) and of clients during an answer (P), likewise. */
export const faults = { O: 43, P: 7 } as const;

/** What no case shows yet, and what it waits for. */
export const deferred: Readonly<Record<string, string>> = {
  'SRV-13': 'documentation: a table of environ keys, compared with a real environ',
  'STR-6': 'compression: there is none in the server',
  'MW-1': 'middleware: each one between two validators',
  'MW-2': 'middleware: one pull causes one pull',
  'MW-4': 'middleware: it returns as soon as the application does',
  'MW-5': 'middleware: it sends nothing that was yielded through write()',
  'MW-12': 'middleware: what it derives from the environ',
  'MW-15': 'middleware: wrappers without a length',
  'ENV-28': 'TLS',
  'ITM-4': 'middleware: replacing wsgi.input',
  'ITM-5': 'form parser: no length is a length of zero',
  'ASY-33': 'middleware: a promise for a promise, at once',
  'ASY-34': 'middleware: one yield for each asynchronous yield',
  'ASY-35': 'middleware: close() of wrappers that never started',
  'ASY-38': 'requireSync(): a guard for hosts that are strictly synchronous',
};

/** What the specifications of the other protocols ask of a gateway, and what their front ends do. */
export const gatewayObligations = {
  CGI: 31, // RFC 3875
  FCGI: 61, // FastCGI 1.0
  SCGI: 15, // SCGI
  AJP: 48, // AJPv13
  UWSGI: 14, // the uwsgi protocol
} as const;

/** Hostile requests in these protocols: CGI (J), FastCGI (K), SCGI (L), AJP (M), uwsgi (N). */
export const gatewayFaults = { J: 16, K: 22, L: 11, M: 16, N: 10 } as const;

/** Of these, what no case shows, and why. */
export const gatewayDeferred: Readonly<Record<string, string>> = {
  J1: 'no CGI scripts are run: finding their files',
  J5: 'no CGI scripts are run: what they find in their environment',
  J11: 'no CGI scripts are run: what they write to their errors',
  J12: 'no CGI scripts are run: ending them',
  J13: 'no CGI scripts are run: clients that leave them',
  J14: 'no CGI scripts are run: how many at once',
};
