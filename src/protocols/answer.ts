/** What is to be sent, in order: text is Latin-1, an octet in each character. */
export type Pieces = readonly (string | Uint8Array)[];

/** Some content: text is Latin-1. Its length is its size in bytes. */
export type Block = string | Uint8Array;

/** Up to this size in bytes, pieces are joined as text, which V8 joins faster than buffers. */
export const TEXT_LIMIT = 1024;

/** The head of an answer, checked: no hop-by-hop fields, no Content-Length, nothing but octets. */
export interface AnswerHead {
  /** As in `200 OK`. */
  readonly status: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Bytes of content, or null where only its end tells. */
  readonly contentLength: number | null;
}

/** The server side of a protocol: puts one answer into its form. */
export interface AnswerEncoder {
  /**
   * The head, with the first block behind it if there is one.
   *
   * @throws {ProtocolError} (status 500) when the protocol cannot carry such a head.
   */
  begin(head: AnswerHead, block: Block | null): Pieces;
  /** A further block, which is not empty. */
  block(block: Block): Pieces;
  /** The end of an answer that is whole. */
  end(): Pieces;
  /**
   * All of an answer, in place of `begin` and `end`.
   *
   * @throws {ProtocolError} as `begin` does.
   */
  whole(head: AnswerHead, block: Block | null): Pieces;
}
