import { latin1 } from './latin1.ts';

// A peer can send any number of names, long ones, and names that collide: a table keeps short ones
// only, looks at a few slots only, and is emptied when they are taken.
const SLOTS = 1024;
const MAX_NAMES = 256;
const MAX_PROBES = 8;
const MAX_KEPT_LENGTH = 64;

/** Continues the hash of a name by a byte of it; a name's hash starts with 0. */
export function hashByte(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

/**
 * What is known of names, found by their bytes, so that no string is made for those that come again.
 *
 * Few names make up nearly all traffic.
 */
export class NameTable<Entry extends { readonly name: string }> {
  private readonly slots: (Entry | undefined)[] = new Array(SLOTS).fill(undefined);
  private readonly make: (name: string) => Entry;
  private count = 0;

  /** @param make - makes the entry of a name that is not known yet. */
  constructor(make: (name: string) => Entry) {
    this.make = make;
  }

  /** Finds or makes the entry of the name at `start` to `end`, whose bytes hash to `hash`. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): Entry {
    const { slots } = this;
    const first = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const slot = (first + probe) & (SLOTS - 1);
      const known = slots[slot];
      if (known === undefined) return this.keep(slot, this.make(latin1(bytes, start, end)));
      if (matches(known.name, bytes, start, end)) return known;
    }
    this.forget();
    return this.keep(first, this.make(latin1(bytes, start, end)));
  }

  private keep(slot: number, entry: Entry): Entry {
    if (entry.name.length > MAX_KEPT_LENGTH) return entry;
    if (this.count >= MAX_NAMES) this.forget();
    this.slots[slot] = entry;
    this.count++;
    return entry;
  }

  private forget(): void {
    this.slots.fill(undefined);
    this.count = 0;
  }
}

function matches(name: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let index = 0; index < name.length; index++) {
    if (name.charCodeAt(index) !== bytes[start + index]) return false;
  }
  return true;
}
