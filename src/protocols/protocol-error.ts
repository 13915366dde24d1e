/**
 * Input that a protocol's rules refuse.
 *
 * The only thing a codec throws for malformed input. `code` is stable and names the rule; the message
 * holds nothing of the input.
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: string;
  /** The HTTP status that answers it. */
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
}
