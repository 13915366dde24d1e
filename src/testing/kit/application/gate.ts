/** What one request waits at until another one opens it: `wait=` and `/gate`. */

/** So that a request that nobody lets through ends at last, in milliseconds. */
const PATIENCE = 30_000;
const MOST_GATES = 4096;

export class Gate {
  private openings = 0;
  private passages = 0;
  private waiting: (() => void)[] = [];

  /** Lets one more through; gives how many that makes. */
  open(): number {
    this.openings++;
    this.wake();
    return this.openings;
  }

  /** Has those who wait look again. */
  wake(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** Passes if it is open. */
  pass(): boolean {
    if (this.passages === this.openings) return false;
    this.passages++;
    return true;
  }

  /** Resolves when it may be open. */
  change(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
    });
  }
}

const gates = new Map<string, Gate>();

export function gateOf(key: string): Gate {
  const known = gates.get(key);
  if (known !== undefined) return known;
  if (gates.size >= MOST_GATES) gates.delete(gates.keys().next().value as string);
  const gate = new Gate();
  gates.set(key, gate);
  return gate;
}

/** Waits as synchronous iterables can: it gives empty blocks, between which others have their turn. */
export function* waitWithEmptyBlocks(gate: Gate): Generator<string> {
  const deadline = performance.now() + PATIENCE;
  while (!gate.pass()) {
    if (performance.now() > deadline) throw new Error('nobody opened the gate');
    yield '';
  }
}

export async function waitAsynchronously(gate: Gate): Promise<void> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    gate.wake();
  }, PATIENCE);
  try {
    while (!gate.pass()) {
      if (late) throw new Error('nobody opened the gate');
      await gate.change();
    }
  } finally {
    clearTimeout(timer);
  }
}
