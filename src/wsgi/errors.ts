/** The stable codes of {@link WsgiError}; one for each way an application can break the contract. */
export type WsgiErrorCode =
  | 'bad-status'
  | 'bad-header'
  | 'hop-by-hop-header'
  | 'bad-content-length'
  | 'headers-too-large'
  | 'start-response-twice'
  | 'start-response-missing'
  | 'short-body'
  | 'long-body'
  | 'write-after-iteration'
  | 'response-ended'
  | 'client-gone'
  | 'response-timeout'
  | 'no-answer'
  | 'no-capacity'
  | 'input-not-arrived'
  | 'input-closed'
  | 'input-incomplete'
  | 'input-too-large'
  | 'input-too-slow';

/** A breach of PEP 3333's contract, or a condition that the contract makes visible. */
export class WsgiError extends Error {
  override readonly name = 'WsgiError';
  readonly code: WsgiErrorCode;

  constructor(code: WsgiErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What those hear who have something to do with a client that left. */
export function clientGone(reason = 'the client is gone'): WsgiError {
  return new WsgiError('client-gone', reason);
}
