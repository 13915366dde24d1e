/**
 * Middleware: takes an application, gives an application. These two change the letters of what the
 * inner one answers, whatever its kind.
 *
 *     wizgi serve examples/middleware.ts           HELLO, WORLD!
 *     wizgi serve examples/middleware.ts:quiet     hello, world!
 */
import { type Body, type Chunk, type Middleware, pipeline } from 'wizgi';
import { application as hello } from './hello.ts';

export const upperCase: Middleware = mapBytes((byte) =>
  isBetween(byte, 'a', 'z') ? byte - 32 : byte,
);
export const lowerCase: Middleware = mapBytes((byte) =>
  isBetween(byte, 'A', 'Z') ? byte + 32 : byte,
);

export const application = pipeline(upperCase, hello);
export const quiet = pipeline(lowerCase, hello);

/** Changes each byte of a body. Its length stays, and so a Content-Length stays true. */
function mapBytes(change: (byte: number) => number): Middleware {
  const changed = (chunk: Chunk) => Buffer.from(chunk as Uint8Array).map(change);
  return (app) => (environ, startResponse) => {
    const body = app(environ, (status, headers, error) => {
      const write = startResponse(status, headers, error);
      return (chunk) => write(changed(chunk));
    });
    return body instanceof Promise
      ? body.then((settled) => mapBody(settled, changed))
      : mapBody(body, changed);
  };
}

/** A block for each block: what the inner application streams, streams on. Its close() is kept. */
function mapBody(body: Body, change: (chunk: Chunk) => Chunk): Body {
  const blocks = Symbol.asyncIterator in body ? mapLater(body, change) : mapNow(body, change);
  return Object.assign(blocks, { close: () => body.close?.() });
}

function* mapNow(blocks: Iterable<Chunk>, change: (chunk: Chunk) => Chunk) {
  for (const block of blocks) yield change(block);
}

async function* mapLater(blocks: AsyncIterable<Chunk>, change: (chunk: Chunk) => Chunk) {
  for await (const block of blocks) yield change(block);
}

function isBetween(byte: number, first: string, last: string): boolean {
  return byte >= first.charCodeAt(0) && byte <= last.charCodeAt(0);
}
