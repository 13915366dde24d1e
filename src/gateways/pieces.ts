import { type Pieces, TEXT_LIMIT } from '../protocols/answer.ts';
import { octets } from '../wsgi/blocks.ts';

/** Up to this size pieces are copied, so that they leave in one write. */
const COPY_LIMIT = 8 * 1024;

/** Small pieces as one; null when they are better written beside one another. */
export function joined(pieces: Pieces): string | Uint8Array | null {
  if (pieces.length === 1) return pieces[0] as string | Uint8Array;
  let size = 0;
  for (const piece of pieces) size += piece.length;
  if (size > COPY_LIMIT) return null;
  return size <= TEXT_LIMIT ? asText(pieces) : asBytes(pieces, size);
}

function asText(pieces: Pieces): string {
  let text = '';
  for (const piece of pieces) text += typeof piece === 'string' ? piece : octets(piece);
  return text;
}

function asBytes(pieces: Pieces, size: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece === 'string') bytes.write(piece, at, 'latin1');
    else bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
