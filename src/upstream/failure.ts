/** What can go wrong with an upstream, in words for the log. */
import { ProtocolError } from '../protocols/protocol-error.ts';
import { WsgiError } from '../wsgi/errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses connections',
  ECONNRESET: 'reset the connection',
  EPIPE: 'closed the connection while the request was sent',
  ETIMEDOUT: 'cannot be reached in time',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  ENOTFOUND: 'has a name that does not exist',
  EAI_AGAIN: 'has a name that cannot be looked up at present',
  ENOENT: 'has no socket there',
  EACCES: 'may not be connected to by this user',
  EADDRNOTAVAIL: 'cannot be connected to: all local ports are taken',
  EMFILE: 'cannot be connected to: this process has too many files open',
};

/** That an upstream gave no answer, or not all of it; the driver makes it a 502. */
export function noAnswer(upstream: string, reason: string): WsgiError {
  return new WsgiError('no-answer', `${upstream} ${reason}`);
}

/** That it was too slow; the driver makes it a 504. */
export function tooLate(upstream: string, reason: string): WsgiError {
  return new WsgiError('response-timeout', `${upstream} ${reason}`);
}

/** That no upstream can take the request now; the driver makes it a 503. */
export function noCapacity(reason: string): WsgiError {
  return new WsgiError('no-capacity', reason);
}

/** What an error of a socket says about the upstream at its other end. */
export function socketFailure(upstream: string, error: unknown): WsgiError {
  const code = codeOf(error);
  const reason = REASONS[code];
  if (reason !== undefined) return noAnswer(upstream, `${reason} (${code})`);
  if (/CERT|SELF_SIGNED|ISSUER|ALTNAME/.test(code)) {
    return noAnswer(upstream, `has a certificate that is not accepted (${code})`);
  }
  return noAnswer(upstream, `failed (${code || 'unknown error'})`);
}

/** What a breach of its protocol says about an upstream; other errors stay as they are. */
export function protocolFailure(upstream: string, error: unknown): unknown {
  if (!(error instanceof ProtocolError)) return error;
  return noAnswer(upstream, `gave no valid answer: ${error.message} (${error.code})`);
}

/** That a request cannot be put into the upstream's protocol; other errors stay as they are. */
export function requestFailure(upstream: string, error: unknown): unknown {
  if (!(error instanceof ProtocolError)) return error;
  return noAnswer(upstream, `cannot be sent the request: ${error.message} (${error.code})`);
}

/** An AggregateError of several addresses that were tried has the code of one of them. */
function codeOf(error: unknown): string {
  const { code, errors } = error as { code?: unknown; errors?: readonly unknown[] };
  if (typeof code === 'string') return code;
  return errors?.[0] === undefined ? '' : codeOf(errors[0]);
}
