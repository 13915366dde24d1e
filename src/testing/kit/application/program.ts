/**
 * `/do`: does what its query says, one instruction after the other. (docs/conformance.md)
 *
 * What stands before `return=` is done in the call of the application, the rest while its answer is
 * iterated over.
 */
import type {
  Body,
  Chunk,
  Environ,
  HeaderList,
  StartResponse,
  Write,
} from '../../../wsgi/types.ts';
import { type Gate, gateOf } from './gate.ts';
import { fromLatin1 } from './latin1.ts';
import type { LedgerEntry } from './ledger.ts';
import type { Query } from './query.ts';

/** What the iteration of an answer comes to next: a block, or a gate to wait at. */
export type Step = Chunk | Gate;

/** How the steps of an answer become what an application returns. */
export interface Form {
  generator(steps: Generator<Step>): Body;
  /** Something to iterate over that is no generator itself. */
  iterable(steps: () => Generator<Step>): Body;
}

type Instruction = readonly [name: string, value: string];

export function runProgram(
  environ: Environ,
  startResponse: StartResponse,
  query: Query,
  entry: LedgerEntry,
  form: Form,
): Body {
  return new Program(environ, startResponse, query, entry).run(form);
}

class Program {
  private readonly environ: Environ;
  private readonly startResponse: StartResponse;
  private readonly entry: LedgerEntry;
  private readonly key: string;
  private readonly instructions: readonly Instruction[];
  private headers: HeaderList = [];
  private firstWrite: Write | null = null;
  private lastWrite: Write | null = null;
  private closing = '';
  /** The server refused what `start` gave it; the rest of the program is not done then. */
  private refused = false;

  constructor(environ: Environ, startResponse: StartResponse, query: Query, entry: LedgerEntry) {
    this.environ = environ;
    this.startResponse = startResponse;
    this.entry = entry;
    this.key = query.get('k') ?? '';
    this.instructions = query.pairs.filter(([name]) => name !== 'k');
  }

  run(form: Form): Body {
    const returns = this.instructions.findIndex(([name]) => name === 'return');
    const end = returns === -1 ? this.instructions.length : returns;
    for (const instruction of this.instructions.slice(0, end)) {
      this.call(instruction);
      if (this.refused) return ['raised'];
    }
    const how = this.instructions[returns]?.[1] ?? 'list';
    return this.result(how, this.instructions.slice(end + 1), form);
  }

  private result(how: string, rest: readonly Instruction[], form: Form): Body {
    switch (how) {
      case 'list':
        return rest.map(([, value]) => fromLatin1(value));
      case 'generator':
        return form.generator(this.steps(rest));
      case 'tracked':
        return this.tracked(form.iterable(() => this.steps(rest)));
      default:
        // An application that forgot to return something.
        return undefined as unknown as Body;
    }
  }

  private tracked(body: Body): Body {
    body.close = () => {
      this.entry.note('close');
      if (this.closing === 'raise') throw new KitFailure();
    };
    return body;
  }

  private *steps(instructions: readonly Instruction[]): Generator<Step> {
    const { entry } = this;
    try {
      for (const [name, value] of instructions) {
        if (name === 'b') {
          entry.note('block');
          yield fromLatin1(value);
        } else if (name === 'blocks') {
          yield* this.blocks(value);
        } else if (name === 'read') {
          entry.note('block');
          yield this.environ['wsgi.input'].read(Number(value));
        } else if (name === 'wait') {
          yield gateOf(this.key);
        } else {
          this.call([name, value]);
          if (this.refused) {
            yield 'raised';
            return;
          }
        }
      }
      entry.note('end');
    } finally {
      entry.note('finally');
    }
  }

  /** `COUNTxSIZE`, or `*xSIZE` without end. */
  private *blocks(value: string): Generator<Chunk> {
    const [count = '', size] = value.split('x');
    const block = new Uint8Array(Number(size)).fill(0x2e);
    const end = count === '*' ? Number.POSITIVE_INFINITY : Number(count);
    for (let index = 0; index < end; index++) {
      this.entry.note('block');
      yield block;
    }
  }

  private call([name, value]: Instruction): void {
    switch (name) {
      case 'h': {
        const colon = value.indexOf(':');
        this.headers.push([value.slice(0, colon), value.slice(colon + 1)]);
        return;
      }
      case 'start':
        this.start(value);
        return;
      case 'again':
        this.again(value);
        return;
      case 'restart':
        this.restart(value);
        return;
      case 'write':
        this.write(this.lastWrite, value);
        return;
      case 'oldwrite':
        this.write(this.firstWrite, value);
        return;
      case 'closing':
        this.closing = value;
        return;
      case 'raise':
        throw new KitFailure();
      default:
        throw new Error(`there is no instruction ${name}`);
    }
  }

  private start(status: string): void {
    try {
      this.keep(this.startResponse(status, this.takeHeaders()));
    } catch (error) {
      this.entry.note('start-raised');
      this.refused = true;
      this.startResponse('200 OK', [['X-Raised', 'start']], error);
    }
  }

  private again(status: string): void {
    try {
      this.keep(this.startResponse(status, this.takeHeaders()));
      this.entry.note('again-accepted');
    } catch {
      this.entry.note('again-raised');
    }
  }

  private restart(status: string): void {
    const failure = new KitFailure();
    try {
      this.keep(this.startResponse(status, this.takeHeaders(), failure));
    } catch (error) {
      this.entry.note('restart-raised');
      if (error === failure) this.entry.note('restart-same');
      throw error;
    }
  }

  private write(write: Write | null, value: string): void {
    try {
      // Its promise is for those who wait for a slow client.
      void write?.(fromLatin1(value));
    } catch {
      this.entry.note('write-raised');
    }
  }

  private keep(write: Write): void {
    this.firstWrite ??= write;
    this.lastWrite = write;
  }

  private takeHeaders(): HeaderList {
    const { headers } = this;
    this.headers = [];
    return headers;
  }
}

/** What the kit raises on purpose. No client may read its text. */
class KitFailure extends Error {
  override readonly name = 'KitFailure';

  constructor() {
    super('kit-failure-detail');
  }
}
