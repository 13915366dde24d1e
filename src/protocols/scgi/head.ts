import type { MetaRequestLimits } from '../cgi/limits.ts';
import type { HeadFormat, HeadSpan, MetaRequestHead } from '../cgi/request-parser.ts';
import {
  contentLengthOf,
  UNKNOWN_LENGTH,
  type Variables,
  variable,
  variableName,
} from '../cgi/variables.ts';
import { latin1 } from '../latin1.ts';
import { ProtocolError } from '../protocol-error.ts';

const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const COMMA = 0x2c;
const NUL = 0;

/** So many names are looked through faster than a Set of them is made. */
const FEW = 48;

/** A netstring of names and values, each with a NUL behind it. (SCGI §3) */
export const SCGI_HEAD: HeadFormat = { find, read: (...given) => read(...given, true) };

/** As {@link SCGI_HEAD}, without its demands on CONTENT_LENGTH and SCGI. */
export const TOLERANT_SCGI_HEAD: HeadFormat = { find, read: (...given) => read(...given, false) };

function find(
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: MetaRequestLimits,
): HeadSpan | null {
  let size = 0;
  let at = start;
  for (; at < end && bytes[at] !== COLON; at++) {
    const byte = bytes[at] as number;
    // A netstring says its length in one way only.
    if (byte < ZERO || byte > NINE || (size === 0 && at > start)) throw badNetstring();
    size = size * 10 + byte - ZERO;
    if (size > limits.maxVariableBytes) {
      throw new ProtocolError('variables-too-large', 431, 'the variables take too many bytes');
    }
  }
  if (at === end) return null;
  if (at === start) throw badNetstring();
  const headStart = at + 1;
  const headEnd = headStart + size;
  if (headEnd >= end) return null;
  if (bytes[headEnd] !== COMMA) throw badNetstring();
  return { start: headStart, end: headEnd, next: headEnd + 1 };
}

function read(
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: MetaRequestLimits,
  strict: boolean,
): MetaRequestHead {
  if (end > start && bytes[end - 1] !== NUL) {
    throw new ProtocolError('bad-variables', 400, 'the last variable has no end');
  }
  const variables = readPairs(bytes, start, end, limits.maxVariables);
  if (strict && variable(variables, 'SCGI') !== '1') {
    throw new ProtocolError('not-scgi', 400, 'the variable SCGI is not 1');
  }
  const contentLength = lengthOf(variables, limits.maxBody, strict);
  return { type: 'head', variables, contentLength };
}

interface MutableVariables extends Variables {
  readonly names: string[];
  readonly values: string[];
}

function readPairs(
  bytes: Uint8Array,
  start: number,
  end: number,
  maxVariables: number,
): MutableVariables {
  const text = latin1(bytes, start, end);
  const names: string[] = [];
  const values: string[] = [];
  let seen: Set<string> | null = null;
  for (let at = 0; at < text.length; ) {
    const nameEnd = text.indexOf('\0', at);
    if (nameEnd === at) throw new ProtocolError('empty-name', 400, 'a variable has no name');
    const valueEnd = text.indexOf('\0', nameEnd + 1);
    if (valueEnd === -1) {
      throw new ProtocolError('bad-variables', 400, 'a variable has no value');
    }
    if (names.length === maxVariables) {
      throw new ProtocolError('too-many-variables', 431, 'too many variables');
    }
    const name = variableName(bytes, start + at, start + nameEnd);
    // Front ends pass fields on that a client repeated; those can be merged. (nginx before 1.23)
    if (!name.startsWith('HTTP_')) {
      if (names.length >= FEW) seen ??= new Set(names);
      if (seen?.has(name) ?? names.includes(name)) {
        throw new ProtocolError('repeated-variable', 400, 'a variable comes twice');
      }
    }
    seen?.add(name);
    names.push(name);
    values.push(text.slice(nameEnd + 1, valueEnd));
    at = valueEnd + 1;
  }
  return { names, values };
}

function lengthOf(variables: MutableVariables, limit: number, strict: boolean): number {
  const length = contentLengthOf(variables, limit);
  if (length <= 0 && /\bchunked\b/i.test(variable(variables, 'HTTP_TRANSFER_ENCODING') ?? '')) {
    throw new ProtocolError('length-required', 411, 'the content comes without a length');
  }
  if (length === UNKNOWN_LENGTH && strict) {
    throw new ProtocolError('no-content-length', 400, 'there is no CONTENT_LENGTH');
  }
  return announcedLength(variables, Math.max(0, length), limit);
}

/**
 * What the client announced, if it is more than CONTENT_LENGTH says: nginx before 1.29.6 counts only
 * what has arrived when it passes a request on unbuffered.
 */
function announcedLength(variables: MutableVariables, length: number, limit: number): number {
  const announced = variable(variables, 'HTTP_CONTENT_LENGTH');
  if (announced === undefined || !/^\d{1,15}$/.test(announced)) return length;
  const index = variables.names.indexOf('CONTENT_LENGTH');
  if (index === -1 || Number(announced) <= length) return length;
  variables.values[index] = announced;
  return contentLengthOf(variables, limit);
}

function badNetstring(): ProtocolError {
  return new ProtocolError('bad-netstring', 400, 'what was sent does not begin with a netstring');
}
