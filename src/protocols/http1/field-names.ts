import { environKey } from '../../wsgi/environ.ts';
import { NameTable } from '../name-table.ts';

/** The fields that this codec or its gateway acts upon; all others are PLAIN. */
export const PLAIN = 0;
export const HOST = 1;
export const CONTENT_LENGTH = 2;
export const TRANSFER_ENCODING = 3;
export const CONNECTION = 4;
export const EXPECT = 5;
/** Fields with one value at most, which must not be combined. */
export const SINGLE = 6;

/** A field name as it was sent, with all that follows from it. */
export interface FieldName {
  readonly name: string;
  readonly lower: string;
  /** The meta-variable that carries it, or null when none may. (RFC 3875 §4.1.18) */
  readonly environKey: string | null;
  readonly kind: number;
}

/** Field names and their values, in the order in which they were sent. */
export interface Fields {
  readonly names: readonly FieldName[];
  readonly values: readonly string[];
}

const KINDS = new Map<string, number>([
  ['host', HOST],
  ['content-length', CONTENT_LENGTH],
  ['transfer-encoding', TRANSFER_ENCODING],
  ['connection', CONNECTION],
  ['expect', EXPECT],
  ['content-type', SINGLE],
  ['authorization', SINGLE],
]);

const names = new NameTable<FieldName>((name) => {
  const lower = name.toLowerCase();
  return { name, lower, environKey: environKey(name), kind: KINDS.get(lower) ?? PLAIN };
});

/** Finds or makes the record of the name at `start` to `end`, whose bytes hash to `hash`. */
export function fieldName(bytes: Uint8Array, start: number, end: number, hash: number): FieldName {
  return names.find(bytes, start, end, hash);
}
