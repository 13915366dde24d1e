import { tmpdir } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Loan } from '../wsgi/loan.ts';
import type { Chunk, Environ, HeaderList } from '../wsgi/types.ts';
import { Call, type CallOwner } from './call.ts';

const KIB = 1024;

/** What a pool would hear. */
class Owner implements CallOwner {
  closed = 0;
  consumed = 0;
  readonly stalls: boolean[] = [];

  onClosed(): void {
    this.closed++;
  }

  onConsumed(_call: Call, size: number): void {
    this.consumed += size;
  }

  onStalled(_call: Call, stalled: boolean): void {
    this.stalls.push(stalled);
  }
}

interface Started {
  readonly call: Call;
  readonly owner: Owner;
  /** What startResponse was given. */
  readonly heads: [status: string, headers: HeaderList][];
}

function start(): Started {
  const owner = new Owner();
  const heads: [string, HeaderList][] = [];
  const source = { REQUEST_METHOD: 'GET', SCRIPT_NAME: '/app', PATH_INFO: '/page' };
  const call = new Call(
    {
      environ: '',
      source: source as unknown as Environ,
      content: { first: Buffer.alloc(0), more: null },
      startResponse: (status, headers) => {
        heads.push([status, headers]);
        return () => undefined;
      },
    },
    owner,
  );
  return { call, owner, heads };
}

async function rest(call: Call): Promise<string> {
  let text = '';
  for (let step = await call.next(); !step.done; step = await call.next())
    text += latin1(step.value);
  return text;
}

function latin1(chunk: Chunk): string {
  return Buffer.from(chunk as Uint8Array).toString('latin1');
}

async function* file(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

describe('Call', () => {
  it('gives the head before the first block, and once', async () => {
    const { call, heads } = start();
    call.onHead('200 OK\nX-A\n1\nX-Empty\n\nSet-Cookie\ncaf\u00e9');
    call.onContent(Buffer.from('one'));
    expect(heads).toEqual([]);
    const first = await call.next();
    expect(heads).toEqual([
      [
        '200 OK',
        [
          ['X-A', '1'],
          ['X-Empty', ''],
          ['Set-Cookie', 'caf\u00e9'],
        ],
      ],
    ]);
    call.onLast(Buffer.from('two'));
    expect(latin1(first.value as Chunk) + (await rest(call))).toBe('onetwo');
    expect(heads).toHaveLength(1);
  });

  it('gives equal heads to nobody twice', async () => {
    const lists: HeaderList[] = [];
    for (let count = 0; count < 3; count++) {
      const { call, heads } = start();
      call.onHead('200 OK\nX-A\n1');
      call.onLast(Buffer.from('x'));
      await rest(call);
      const [, headers] = heads[0] as [string, HeaderList];
      lists.push(headers.map(([name, value]) => [name, value]));
      // What middleware may do.
      headers.push(['X-B', '2']);
      (headers[0] as [string, string])[1] = 'changed';
    }
    expect(lists).toEqual([[['X-A', '1']], [['X-A', '1']], [['X-A', '1']]]);
  });

  it('ends without content', async () => {
    const { call, heads } = start();
    call.onHead('204 No Content');
    call.onLast(Buffer.alloc(0));
    expect(await call.next()).toEqual({ value: undefined, done: true });
    expect(heads).toEqual([['204 No Content', []]]);
  });

  it.each([0, 3])('gives an error behind %i blocks that came before it', async (blocks) => {
    const { call } = start();
    call.onHead('200 OK');
    for (let count = 0; count < blocks; count++) call.onContent(Buffer.from('x'));
    call.onEnd(new Error('broken'));
    // The first outcome stays.
    call.onEnd();
    if (blocks > 0) await call.next();
    await expect(call.next()).rejects.toThrow('broken');
  });

  it('gives an error before any head', async () => {
    const { call, heads } = start();
    const waiting = call.next();
    call.onEnd(new Error('no worker'));
    await expect(waiting).rejects.toThrow('no worker');
    expect(heads).toEqual([]);
  });

  it('reads a whole answer from a file, though the worker has ended it', async () => {
    const { call, heads } = start();
    const waiting = call.next();
    call.onHead('200 OK');
    call.onFile(file('from ', 'the ', 'file'));
    call.onEnd();
    expect(latin1((await waiting).value as Chunk) + (await rest(call))).toBe('from the file');
    expect(heads).toHaveLength(1);
  });

  it('lets go of a file that comes too late, and of one that is left', async () => {
    for (const late of [true, false]) {
      const { call, owner } = start();
      let returned = 0;
      const blocks: AsyncIterator<Uint8Array> = {
        next: async () => ({ value: Buffer.from('x'), done: false }),
        return: async () => {
          returned++;
          return { value: undefined, done: true };
        },
      };
      if (late) call.close();
      call.onFile(blocks);
      if (!late) call.close();
      call.close();
      expect([returned, owner.closed]).toEqual([1, 1]);
    }
  });

  it('takes nothing once it is closed', () => {
    const { call, owner } = start();
    call.close();
    for (let count = 0; count < 10; count++) call.onContent(Buffer.alloc(64 * KIB));
    expect([call.open, call.awaitsClient, owner.stalls]).toEqual([false, false, []]);
  });

  it('says when its client is slow, and when not any more', async () => {
    const { call, owner } = start();
    call.onHead('200 OK');
    call.onContent(Buffer.alloc(64 * KIB));
    expect(call.awaitsClient).toBe(false);
    call.onContent(Buffer.alloc(64 * KIB));
    call.onContent(Buffer.alloc(64 * KIB));
    expect([call.awaitsClient, owner.stalls]).toEqual([true, [true]]);
    await call.next();
    expect(call.awaitsClient).toBe(true);
    await call.next();
    expect([call.awaitsClient, owner.stalls]).toEqual([false, [true, false]]);
    call.onContent(Buffer.alloc(64 * KIB));
    call.close();
    expect(owner.stalls).toEqual([true, false, true, false]);
  });

  it('can be put aside only while it is open, and not without end', () => {
    const { call } = start();
    let granted = 0;
    for (let count = 0; count < 100; count++) granted += call.putAside(tmpdir());
    expect(granted).toBe(1024 ** 3);
    call.close();
    expect(start().call.putAside('/proc/nowhere')).toBe(0);
    expect(call.putAside(tmpdir())).toBe(0);
  });

  it('tells which request it is', () => {
    expect(start().call.describe()).toBe('GET /app/page');
  });

  it('keeps the order of all that comes, in memory and aside, and asks for as much again', async () => {
    const steps = fc.array(
      fc.oneof(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 20_000, max: 90_000 }),
        fc.constantFrom('take', 'take', 'aside', 'turn'),
      ),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const { call, owner } = start();
        let came = 0;
        let content = '';
        let taking: Promise<void> | null = null;
        // One at a time, as the driver does.
        const take = () => {
          taking ??= call.next().then(({ value, done }) => {
            taking = null;
            if (!done) content += latin1(value);
          });
          return taking;
        };
        for (const step of list) {
          if (step === 'take') void take();
          else if (step === 'aside') call.putAside(tmpdir());
          else if (step === 'turn') await nextTurn();
          else {
            call.onContent(numbered(came, Number(step)));
            came += Number(step);
          }
        }
        while (content.length < came) await take();
        expect(content === numbered(0, came).toString('latin1')).toBe(true);
        // The rest of a quarter of the window may go unsaid.
        expect(came - owner.consumed).toBeGreaterThanOrEqual(0);
        expect(came - owner.consumed).toBeLessThan(64 * KIB);
        expect(owner.stalls).toEqual(owner.stalls.map((_, index) => index % 2 === 0));
        expect(call.awaitsClient).toBe(false);
        call.onEnd();
        await taking;
        expect(await rest(call)).toBe('');
        call.close();
      }),
      { numRuns: 80 },
    );
  });
});

/** Asks as the driver does, for one step after the other while none is `enough`. */
function borrow(loan: Loan, enough: (given: string[]) => boolean): string[] {
  const given: string[] = [];
  const ask = () => {
    const step = loan.next();
    if ('then' in step) step.then(take, (error) => given.push(String(error)));
    else take(step);
  };
  const take = (step: IteratorResult<Chunk>) => {
    given.push(step.done ? 'end' : latin1(step.value));
    if (!step.done && !enough(given)) ask();
  };
  ask();
  return given;
}

const never = () => false;
const atOnce = () => true;

describe('what comes to a Call', () => {
  it('is copied for whoever asks for a promise, before or after', async () => {
    const { call } = start();
    call.onHead('200 OK');
    const memory = Buffer.from('one');
    const first = call.next();
    const kept = [call.onContent(memory)];
    memory.write('two');
    kept.push(call.onContent(memory));
    memory.write('end');
    kept.push(call.onLast(memory));
    memory.fill('x');
    expect(latin1((await first).value as Chunk) + (await rest(call))).toBe('onetwoend');
    expect(kept).toEqual([false, false, false]);
  });

  it('is lent to whoever is there and has done with it at once', () => {
    const { call, heads } = start();
    const given = borrow(call.lend(), never);
    call.onHead('200 OK');
    expect([call.onContent(Buffer.from('one')), given]).toEqual([false, ['one']]);
    expect([call.onLast(Buffer.from('two')), given]).toEqual([false, ['one', 'two', 'end']]);
    expect(heads).toHaveLength(1);
  });

  it('has to stay while it is lent; what follows is copied', () => {
    const { call } = start();
    const loan = call.lend();
    const given = borrow(loan, atOnce);
    call.onHead('200 OK');
    expect(call.onContent(Buffer.from('one'))).toBe(true);
    const memory = Buffer.from('two');
    expect(call.onContent(memory)).toBe(false);
    memory.fill('x');
    call.onEnd();
    expect([...given, ...borrow(loan, never)]).toEqual(['one', 'two', 'end']);
  });

  it.each([
    [true, 'the client is gone: it may still be on its way'],
    [false, 'the answer is whole'],
  ])('has to stay: %s, when the body is closed meanwhile, as %s', (aborted) => {
    const { call } = start();
    const loan = call.lend();
    Object.assign(call.request.source, { 'wizgi.signal': { aborted } });
    borrow(loan, () => {
      call.close();
      return true;
    });
    call.onHead('200 OK');
    expect(call.onContent(Buffer.from('one'))).toBe(aborted);
  });

  it('comes from a file, or not at all, to a loan as well', async () => {
    const { call } = start();
    const given = borrow(call.lend(), never);
    call.onHead('200 OK');
    call.onFile(file('from ', 'a file'));
    call.onEnd();
    await expect.poll(() => given).toEqual(['from ', 'a file', 'end']);
    const { call: other } = start();
    const failed = borrow(other.lend(), never);
    other.onEnd(new Error('no worker'));
    expect(failed).toEqual(['Error: no worker']);
  });

  it('is asked for by no credit when it was sent whole', async () => {
    for (const awaitsCredit of [true, false]) {
      const { call, owner } = start();
      call.onHead('200 OK');
      call.awaitsCredit = awaitsCredit;
      call.onContent(Buffer.alloc(100 * KIB));
      await call.next();
      expect(owner.consumed).toBe(awaitsCredit ? 100 * KIB : 0);
    }
  });
});

/** Content that shows where in the answer it belongs. */
function numbered(from: number, size: number): Buffer {
  const data = Buffer.alloc(size);
  for (let at = 0; at < size; at++) data[at] = ((from + at) * 31) >> 4;
  return data;
}
