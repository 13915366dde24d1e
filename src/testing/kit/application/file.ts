/** `/file`: an answer through `wsgi.file_wrapper`, where the server has one. */
import type * as Fs from 'node:fs';
import type { Body, Environ, FileLike, HeaderList, StartResponse } from '../../../wsgi/types.ts';
import type { LedgerEntry } from './ledger.ts';
import type { Query } from './query.ts';

/**
 * Sends `size` bytes of digits from `at` on, out of a `file` that is `open` (with a descriptor, where the
 * runtime has such) or in `memory`; `as` says whether it is returned itself, `hidden` behind something
 * else, or `dropped`.
 */
export function wrapFile(
  environ: Environ,
  startResponse: StartResponse,
  query: Query,
  entry: LedgerEntry,
): Body {
  const wrapper = environ['wsgi.file_wrapper'];
  const headers: HeaderList = [['Content-Type', 'application/octet-stream']];
  const length = query.get('length');
  if (length !== null) headers.push(['Content-Length', length]);
  if (wrapper === undefined) {
    startResponse('501 Not Implemented', []);
    return ['the server has no wsgi.file_wrapper'];
  }
  const content = digits(query.number('size', 0));
  const at = query.number('at', 0);
  const file =
    query.get('file') === 'open' ? openFile(content, at, entry) : memoryFile(content, at, entry);
  if (query.get('closeless') !== null) delete file.close;
  const block = query.get('block');
  const wrapped = block === null ? wrapper(file) : wrapper(file, Number(block));
  startResponse(query.get('status') ?? '200 OK', headers);
  switch (query.get('as')) {
    case 'dropped':
      wrapped.close?.();
      return ['dropped'];
    case 'hidden':
      return hidden(wrapped);
    default:
      return wrapped;
  }
}

/** `0123456789` again and again. */
function digits(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => 0x30 + (index % 10));
}

function memoryFile(content: Uint8Array, at: number, entry: LedgerEntry): FileLike {
  let position = at;
  return {
    read(size) {
      entry.note('file-read');
      const block = content.subarray(position, position + size);
      position += block.length;
      return block;
    },
    close: () => entry.note('file-close'),
  };
}

/** A temporary file without a name; where the runtime has no files, one in memory. */
function openFile(content: Uint8Array, at: number, entry: LedgerEntry): FileLike {
  const fs = builtin<typeof Fs>('node:fs');
  const folder = builtin<{ tmpdir(): string }>('node:os')?.tmpdir();
  if (fs === undefined || folder === undefined) return memoryFile(content, at, entry);
  const path = `${folder}/wizgi-kit-${Math.random().toString(36).slice(2)}`;
  const fd = fs.openSync(path, 'wx+', 0o600);
  fs.unlinkSync(path);
  fs.writeSync(fd, content, 0, content.length, 0);
  // Only reading moves the position of a descriptor.
  if (at > 0) fs.readSync(fd, new Uint8Array(at), 0, at, null);
  return {
    fd,
    close: () => {
      entry.note('file-close');
      fs.closeSync(fd);
    },
  };
}

// Asked for when it is needed only: not every runtime that serves this has files.
function builtin<T>(name: string): T | undefined {
  return globalThis.process?.getBuiltinModule?.(name) as T | undefined;
}

/** What middleware makes of an answer that it passes on. */
function hidden(body: Body): Body {
  const close = (): void | PromiseLike<void> => body.close?.();
  const asynchronous = (body as Partial<AsyncIterable<Uint8Array>>)[Symbol.asyncIterator];
  if (asynchronous !== undefined) {
    return { [Symbol.asyncIterator]: () => asynchronous.call(body), close };
  }
  const iterate = (body as Iterable<Uint8Array>)[Symbol.iterator];
  return { [Symbol.iterator]: () => iterate.call(body), close };
}
