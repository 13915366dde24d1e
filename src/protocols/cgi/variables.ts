/**
 * Meta-variables: how CGI, FastCGI, SCGI and uwsgi say what a request is. (RFC 3875 §4.1)
 */
import { hashByte, NameTable } from '../name-table.ts';
import { ProtocolError } from '../protocol-error.ts';

/** Meta-variables in the order in which they came; octets as Latin-1. */
export interface Variables {
  readonly names: readonly string[];
  readonly values: readonly string[];
}

const names = new NameTable((name: string) => ({ name }));

/** The name at `start` to `end`: the same string for those that come again. */
export function variableName(bytes: Uint8Array, start: number, end: number): string {
  let hash = 0;
  for (let index = start; index < end; index++) hash = hashByte(hash, bytes[index] as number);
  return names.find(bytes, start, end, hash).name;
}

/** The value of a variable; undefined when there is none. */
export function variable({ names, values }: Variables, name: string): string | undefined {
  const index = names.indexOf(name);
  return index === -1 ? undefined : values[index];
}

/** What CONTENT_LENGTH says when it says nothing. */
export const UNKNOWN_LENGTH = -1;

/**
 * The length of the content in bytes, or UNKNOWN_LENGTH when CONTENT_LENGTH is absent or empty.
 * (RFC 3875 §4.1.2)
 *
 * @throws {ProtocolError} `bad-content-length` (400) for anything but digits and for values that
 * differ; `body-too-large` (413) beyond `limit`.
 */
export function contentLengthOf({ names, values }: Variables, limit: number): number {
  let length = UNKNOWN_LENGTH;
  for (let index = names.indexOf('CONTENT_LENGTH'); index !== -1; ) {
    const value = values[index] as string;
    if (value !== '') {
      const number = digits(value);
      if (length !== UNKNOWN_LENGTH && number !== length) throw badLength();
      length = number;
    }
    index = names.indexOf('CONTENT_LENGTH', index + 1);
  }
  if (length > limit) throw new ProtocolError('body-too-large', 413, 'the content is too large');
  return length;
}

function digits(value: string): number {
  // What web servers say of most requests.
  if (value === '0') return 0;
  if (!/^\d{1,15}$/.test(value)) throw badLength();
  return Number(value);
}

function badLength(): ProtocolError {
  return new ProtocolError('bad-content-length', 400, 'CONTENT_LENGTH is no number of bytes');
}
