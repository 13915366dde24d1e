import type { Call } from './call.ts';

/**
 * The calls under way in a worker, by their number.
 *
 * Not a Map: when one grows, or forgets what was deleted, V8 has the old table refer to the new one,
 * and so the garbage of one collection keeps that of the next alive. That took a quarter of all time.
 */
export class Calls {
  size = 0;
  /** A power of two; a call stands at its number's last bits, or the next free place behind. */
  private places: (Call | null)[] = new Array(64).fill(null);

  add(call: Call): void {
    if (2 * ++this.size > this.places.length) this.grow();
    this.put(call);
  }

  get(id: number): Call | null {
    const { places } = this;
    const mask = places.length - 1;
    for (let place = id & mask; ; place = (place + 1) & mask) {
      const call = places[place] as Call | null;
      if (call === null || call.id === id) return call;
    }
  }

  has(call: Call): boolean {
    return this.get(call.id) === call;
  }

  delete(id: number): Call | null {
    const { places } = this;
    const mask = places.length - 1;
    let place = id & mask;
    while (places[place]?.id !== id) {
      if (places[place] === null) return null;
      place = (place + 1) & mask;
    }
    const call = places[place] as Call;
    places[place] = null;
    this.size--;
    // What stood behind may only be found from where it should have stood.
    for (let next = (place + 1) & mask; places[next] !== null; next = (next + 1) & mask) {
      const moved = places[next] as Call;
      places[next] = null;
      this.put(moved);
    }
    return call;
  }

  /** In the order of their numbers, in which they were sent. */
  all(): Call[] {
    return this.places.filter((call) => call !== null).sort((one, other) => one.id - other.id);
  }

  private put(call: Call): void {
    const { places } = this;
    const mask = places.length - 1;
    let place = call.id & mask;
    while (places[place] !== null) place = (place + 1) & mask;
    places[place] = call;
  }

  private grow(): void {
    const calls = this.all();
    this.places = new Array(2 * this.places.length).fill(null);
    for (const call of calls) this.put(call);
  }
}
