/** `/input`, `/echo`, `/digest` and `/unread`: what becomes of the content of a request. */
import type { Body, Environ, InputStream, StartResponse } from '../../../wsgi/types.ts';
import { answerJson, answerText } from './json.ts';
import { toLatin1 } from './latin1.ts';
import type { Query } from './query.ts';

/** Calls methods of `wsgi.input` and reports what each gave: `op=read:5&op=readline`. */
export function operateInput(environ: Environ, startResponse: StartResponse, query: Query): Body {
  let bytes = true;
  const show = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(show);
    bytes &&= value instanceof Uint8Array;
    return value instanceof Uint8Array ? toLatin1(value) : String(value);
  };
  const input = environ['wsgi.input'];
  const results = query.all('op').map((operation) => {
    try {
      return show(operate(input, operation));
    } catch {
      return { raised: true };
    }
  });
  return answerJson(startResponse, { results, bytes });
}

function operate(input: InputStream, operation: string): unknown {
  const [name = '', argument] = operation.split(':');
  const sizes = argument === undefined ? [] : [Number(argument)];
  switch (name) {
    case 'read':
      return input.read(...sizes);
    case 'readline':
      return input.readline(...sizes);
    case 'readlines':
      return input.readlines(...sizes);
    case 'iterate':
      return [...input];
    default:
      throw new Error(`wsgi.input has no ${name}`);
  }
}

/** The content, read as PEP 3333 has it: no further than CONTENT_LENGTH, if the server knows no end. */
export function* contentOf(environ: Environ): Generator<Uint8Array> {
  const declared = Number(environ.CONTENT_LENGTH || 0);
  let left = environ['wsgi.input_terminated'] ? Number.POSITIVE_INFINITY : declared;
  while (left > 0) {
    const block = environ['wsgi.input'].read(Math.min(8192, left));
    if (block.length === 0) return;
    left -= block.length;
    yield block;
  }
}

/** Sends the content back. */
export function echo(environ: Environ, startResponse: StartResponse): Body {
  const content = [...contentOf(environ)];
  startResponse('200 OK', [['Content-Type', 'application/octet-stream']]);
  return content;
}

/** Tells the length and the Adler-32 checksum of the content. (RFC 1950 §8.2) */
export function digest(environ: Environ, startResponse: StartResponse): Body {
  let [low, high, length] = [1, 0, 0];
  for (const block of contentOf(environ)) {
    for (const byte of block) {
      low = (low + byte) % 65_521;
      high = (high + low) % 65_521;
    }
    length += block.length;
  }
  return answerJson(startResponse, { length, adler32: high * 65_536 + low });
}

/** Reads nothing. */
export function unread(_environ: Environ, startResponse: StartResponse): Body {
  return answerText(startResponse, 'unread');
}
