import type { Pieces } from '../../protocols/answer.ts';
import { HEADER_LENGTH } from '../../protocols/fastcgi/index.ts';
import type { Output } from '../output.ts';

/** What one answer may write before others have their turn, in bytes. */
const TURN = 64 * 1024;

/** An answer's place in a {@link Rotation}. */
export interface Lane {
  /** Records that wait to be written. */
  readonly waiting: Pieces[];
  /** Everything that was given is written and taken: there is room for more. */
  resume(): void;
}

/**
 * The answers of one connection, which take turns on it. (FastCGI 1.0 §3.3)
 *
 * What the transport takes at once is written at once. Else the lanes have their turn one after the
 * other: each writes some of its records, or is asked for more.
 */
export class Rotation {
  private readonly output: Output;
  private readonly lanes: Lane[] = [];
  private turning = false;
  /** A write failed: the connection is as good as closed. */
  private failed = false;

  constructor(output: Output) {
    this.output = output;
  }

  /** Writes whole records; false while not all of them are taken: `resume` comes then. */
  send(lane: Lane, pieces: Pieces): boolean {
    const { lanes } = this;
    if (lanes.length > 0 || this.output.pending) lane.waiting.push(...records(pieces));
    else if (this.isTaken(lane, pieces)) return true;
    if (!lanes.includes(lane)) lanes.push(lane);
    return false;
  }

  /** Writes at once, until the transport has to be waited for. */
  private isTaken(lane: Lane, pieces: Pieces): boolean {
    if (isSmall(pieces)) return this.write(pieces);
    lane.waiting.push(...records(pieces));
    let taken = true;
    while (taken && lane.waiting.length > 0) taken = this.write(share(lane.waiting));
    return taken;
  }

  /** Goes on: the transport has taken what was written. */
  turn(): void {
    if (this.turning) return;
    this.turning = true;
    const { lanes, output } = this;
    while (!output.pending && !this.failed) {
      const lane = lanes.shift();
      if (lane === undefined) break;
      if (lane.waiting.length === 0) {
        lane.resume();
      } else {
        lanes.push(lane);
        this.write(share(lane.waiting));
      }
    }
    this.turning = false;
  }

  private write(pieces: Pieces): boolean {
    const taken = this.output.writeAll(pieces);
    this.failed = !taken && !this.output.pending;
    return taken;
  }
}

function isSmall(pieces: Pieces): boolean {
  let size = 0;
  for (const piece of pieces) size += piece.length;
  return size <= TURN;
}

/** Takes some records from the front. */
function share(waiting: Pieces[]): Pieces {
  let count = 0;
  let size = 0;
  while (count < waiting.length && size < TURN) {
    for (const piece of waiting[count] as Pieces) size += piece.length;
    count++;
  }
  return waiting.splice(0, count).flat();
}

/** The pieces of each record: between those of one record nothing else may be written. */
function records(pieces: Pieces): Pieces[] {
  const result: (string | Uint8Array)[][] = [];
  let missing = 0;
  for (const piece of pieces) {
    if (missing === 0) result.push([piece]);
    else result.at(-1)?.push(piece);
    missing = missing === 0 ? missingOf(piece as string) : missing - piece.length;
  }
  return result;
}

/** The bytes that the last record of a text lacks. What begins a record is a text. */
function missingOf(text: string): number {
  let end = 0;
  while (end < text.length) {
    end += HEADER_LENGTH + (text.charCodeAt(end + 4) << 8) + text.charCodeAt(end + 5);
  }
  return end - text.length;
}
