import type { AsyncInputStream, Environ, InputStream } from '../wsgi/types.ts';

/** Bytes of content that travel with their request, and in one message afterwards. */
const BLOCK = 64 * 1024;

/** The next block of a request's content, at most 64 KiB; empty at its end. */
export type ReadContent = () => Uint8Array | Promise<Uint8Array>;

/** The content of a request, as it crosses. */
export interface RequestContent {
  /** What travels with the request. */
  readonly first: Uint8Array;
  /** What the worker asks for when it needs it; null when the first block is all. */
  readonly more: ReadContent | null;
}

/** Takes the content of a request, which a middleware may have put into place. */
export function requestContent(environ: Environ): RequestContent {
  if (environ['wizgi.streaming'] === true && environ['wizgi.input'] !== undefined) {
    return { first: NOTHING, more: readArriving(environ['wizgi.input']) };
  }
  const input: InputStream = environ['wsgi.input'];
  const first = input.read(BLOCK);
  return { first, more: first.length < BLOCK ? null : () => input.read(BLOCK) };
}

const NOTHING = new Uint8Array();

function readArriving(input: AsyncInputStream): ReadContent {
  const blocks = input[Symbol.asyncIterator]();
  return async () => {
    const step = await blocks.next();
    return step.done ? NOTHING : step.value;
  };
}
