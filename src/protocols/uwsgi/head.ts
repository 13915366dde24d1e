import type { MetaRequestLimits } from '../cgi/limits.ts';
import type { HeadFormat, HeadSpan, MetaRequestHead } from '../cgi/request-parser.ts';
import { contentLengthOf, type Variables, variable, variableName } from '../cgi/variables.ts';
import { latin1 } from '../latin1.ts';
import { ProtocolError } from '../protocol-error.ts';

/** Bytes before the variables: modifier1, their size, modifier2. */
const HEADER = 4;

/** The packet of a request: names and values, each with its size before it. */
export const UWSGI_HEAD: HeadFormat = { find, read };

function find(
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: MetaRequestLimits,
): HeadSpan | null {
  // The others do not ask for an answer: they evaluate code, signal, spool.
  if (bytes[start] !== 0) {
    throw new ProtocolError(
      'bad-modifier',
      400,
      'the packet is no request: its modifier1 is not 0',
    );
  }
  if (end - start < HEADER) return null;
  const size = uint16(bytes, start + 1);
  if (size > limits.maxVariableBytes) {
    throw new ProtocolError('variables-too-large', 431, 'the variables take too many bytes');
  }
  const headEnd = start + HEADER + size;
  return headEnd > end ? null : { start: start + HEADER, end: headEnd, next: headEnd };
}

function read(
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: MetaRequestLimits,
): MetaRequestHead {
  if (start === end) throw new ProtocolError('no-variables', 400, 'the packet has no variables');
  const variables = readPairs(bytes, start, end, limits.maxVariables);
  return { type: 'head', variables, contentLength: lengthOf(variables, limits.maxBody) };
}

function readPairs(bytes: Uint8Array, start: number, end: number, maxVariables: number): Variables {
  // Cutting one text is faster than making one of each piece.
  const text = latin1(bytes, start, end);
  const names: string[] = [];
  const values: string[] = [];
  for (let at = start; at < end; ) {
    const nameStart = at + 2;
    const nameEnd = sizedEnd(bytes, at, end);
    const valueEnd = sizedEnd(bytes, nameEnd, end);
    if (nameEnd === nameStart) throw new ProtocolError('empty-name', 400, 'a variable has no name');
    if (names.length === maxVariables) {
      throw new ProtocolError('too-many-variables', 431, 'too many variables');
    }
    names.push(variableName(bytes, nameStart, nameEnd));
    values.push(text.slice(nameEnd + 2 - start, valueEnd - start));
    at = valueEnd;
  }
  return { names, values };
}

/** The end of what has its size at `at`. */
function sizedEnd(bytes: Uint8Array, at: number, end: number): number {
  const sizedEnd = at + 2 > end ? end + 1 : at + 2 + uint16(bytes, at);
  if (sizedEnd > end) {
    throw new ProtocolError('bad-variables', 400, 'a variable goes beyond the packet');
  }
  return sizedEnd;
}

function lengthOf(variables: Variables, limit: number): number {
  const { names } = variables;
  if (names.indexOf('CONTENT_LENGTH') !== names.lastIndexOf('CONTENT_LENGTH')) {
    throw new ProtocolError('bad-content-length', 400, 'CONTENT_LENGTH comes twice');
  }
  const length = contentLengthOf(variables, limit);
  if (length >= 0) return length;
  if (/\bchunked\b/i.test(variable(variables, 'HTTP_TRANSFER_ENCODING') ?? '')) {
    throw new ProtocolError('length-required', 411, 'the content comes without a length');
  }
  return 0;
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}
