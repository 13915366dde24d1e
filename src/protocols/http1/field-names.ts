import { environKey } from '../../wsgi/environ-key.ts';

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

const kinds = new Map<string, number>([
  ['host', HOST],
  ['content-length', CONTENT_LENGTH],
  ['transfer-encoding', TRANSFER_ENCODING],
  ['connection', CONNECTION],
  ['expect', EXPECT],
  ['content-type', SINGLE],
  ['authorization', SINGLE],
]);

// Few names make up nearly all traffic. They are found by a hash of their bytes, so that no string is
// made for them. The table is emptied when a peer has filled it with names of its own.
const SLOTS = 1024;
const MAX_NAMES = 512;
let slots: (FieldName | undefined)[] = new Array(SLOTS);
let count = 0;

/** Finds or makes the record of the name at `start` to `end`, whose bytes hash to `hash`. */
export function fieldName(bytes: Uint8Array, start: number, end: number, hash: number): FieldName {
  let slot = hash & (SLOTS - 1);
  for (;;) {
    const known = slots[slot];
    if (known === undefined) break;
    if (matches(known.name, bytes, start, end)) return known;
    slot = (slot + 1) & (SLOTS - 1);
  }
  const made = makeFieldName(bytes, start, end);
  if (count >= MAX_NAMES) {
    slots = new Array(SLOTS);
    count = 0;
    slot = hash & (SLOTS - 1);
  }
  slots[slot] = made;
  count++;
  return made;
}

function matches(name: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let index = 0; index < name.length; index++) {
    if (name.charCodeAt(index) !== bytes[start + index]) return false;
  }
  return true;
}

function makeFieldName(bytes: Uint8Array, start: number, end: number): FieldName {
  const name = String.fromCharCode(...bytes.subarray(start, end));
  const lower = name.toLowerCase();
  return { name, lower, environKey: environKey(name), kind: kinds.get(lower) ?? PLAIN };
}
