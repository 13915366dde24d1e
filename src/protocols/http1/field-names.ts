import { environKey } from '../../wsgi/environ.ts';
import { latin1 } from './latin1.ts';

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

// Few names make up nearly all traffic. They are found by a hash of their bytes, so that no string is
// made for them. A peer can send any number of names, long ones, and names that collide: the table
// keeps short ones only, looks at a few slots only, and is emptied when they are taken.
const SLOTS = 1024;
const MAX_NAMES = 256;
const MAX_PROBES = 8;
const MAX_KEPT_LENGTH = 64;
const slots: (FieldName | undefined)[] = new Array(SLOTS).fill(undefined);
let count = 0;

/** Continues the hash of a name by a byte of it; a name's hash starts with 0. */
export function hashByte(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

/** Finds or makes the record of the name at `start` to `end`, whose bytes hash to `hash`. */
export function fieldName(bytes: Uint8Array, start: number, end: number, hash: number): FieldName {
  const first = (hash ^ (hash >>> 15)) & (SLOTS - 1);
  for (let probe = 0; probe < MAX_PROBES; probe++) {
    const slot = (first + probe) & (SLOTS - 1);
    const known = slots[slot];
    if (known === undefined) return keep(slot, makeFieldName(bytes, start, end));
    if (matches(known.name, bytes, start, end)) return known;
  }
  forgetNames();
  return keep(first, makeFieldName(bytes, start, end));
}

function keep(slot: number, name: FieldName): FieldName {
  if (name.name.length > MAX_KEPT_LENGTH) return name;
  if (count >= MAX_NAMES) forgetNames();
  slots[slot] = name;
  count++;
  return name;
}

function forgetNames(): void {
  slots.fill(undefined);
  count = 0;
}

function matches(name: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let index = 0; index < name.length; index++) {
    if (name.charCodeAt(index) !== bytes[start + index]) return false;
  }
  return true;
}

function makeFieldName(bytes: Uint8Array, start: number, end: number): FieldName {
  const name = latin1(bytes, start, end);
  const lower = name.toLowerCase();
  return { name, lower, environKey: environKey(name), kind: KINDS.get(lower) ?? PLAIN };
}
