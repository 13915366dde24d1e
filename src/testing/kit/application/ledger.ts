/** What happened to requests, kept under keys that their clients chose, for later requests to ask. */

/** Everything that is counted. A report has all of them, so that what never happened is a zero. */
export const EVENTS = [
  'call',
  'start-raised',
  'again-raised',
  'again-accepted',
  'restart-raised',
  'restart-same',
  'write-raised',
  'block',
  'end',
  'finally',
  'close',
  'file-read',
  'file-close',
] as const;

export type LedgerEvent = (typeof EVENTS)[number];

/** The first events of a request in order; endless answers have too many to keep all. */
const MOST_EVENTS = 64;
/** Keys, of which the oldest is forgotten first. */
const MOST_KEYS = 4096;

export class LedgerEntry {
  readonly events: LedgerEvent[] = [];
  readonly counts = Object.fromEntries(EVENTS.map((event) => [event, 0])) as Record<
    LedgerEvent,
    number
  >;

  note(event: LedgerEvent): void {
    this.counts[event]++;
    if (this.events.length < MOST_EVENTS) this.events.push(event);
  }
}

const entries = new Map<string, LedgerEntry>();

/** The entry of a key; without a key, one that nobody can ask for. */
export function ledgerEntry(key: string | null): LedgerEntry {
  const known = key === null ? undefined : entries.get(key);
  if (known !== undefined) return known;
  const entry = new LedgerEntry();
  if (key !== null) {
    if (entries.size >= MOST_KEYS) entries.delete(entries.keys().next().value as string);
    entries.set(key, entry);
  }
  return entry;
}
