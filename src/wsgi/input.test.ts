import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AsyncInput, FileSource, Input, type InputSource, MemorySource } from './input.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const text = (data: Uint8Array) => Buffer.from(data).toString('latin1');
const texts = (list: Iterable<Uint8Array>) => [...list].map(text);
const input = (...blocks: string[]) => Input.of(...blocks.map(bytes));

/** A body whose blocks come when the test says so. */
class ArrivingSource implements InputSource {
  private readonly steps: (Uint8Array | null | Error)[] = [];
  private waiting: (() => void) | null = null;

  arrive(...steps: (string | null | Error)[]): void {
    this.steps.push(...steps.map((step) => (typeof step === 'string' ? bytes(step) : step)));
    this.waiting?.();
    this.waiting = null;
  }

  next(): Uint8Array | null | undefined {
    const step = this.steps[0];
    if (step instanceof Error) throw step;
    if (step !== null) this.steps.shift();
    return step;
  }

  arrival(): Promise<void> {
    if (this.steps.length > 0) return Promise.resolve();
    if (this.waiting !== null) throw new Error('a second wait at the same time');
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }
}

interface Read {
  readonly method: 'read' | 'readline' | 'readlines';
  readonly size: number | null | undefined;
}

/** What a stream over one whole buffer gives. */
class Reference {
  private rest: string;

  constructor(body: string) {
    this.rest = body;
  }

  apply({ method, size }: Read): string | string[] {
    if (method === 'readlines') return this.lines(size ?? 0);
    const limit = size == null || size < 0 ? this.rest.length : size;
    const line = this.rest.indexOf('\n') + 1 || this.rest.length;
    return this.take(method === 'read' ? limit : Math.min(limit, line));
  }

  private lines(hint: number): string[] {
    const lines: string[] = [];
    while (this.rest !== '' && (hint <= 0 || lines.join('').length < hint)) {
      lines.push(this.apply({ method: 'readline', size: null }) as string);
    }
    return lines;
  }

  private take(size: number): string {
    const taken = this.rest.slice(0, size);
    this.rest = this.rest.slice(size);
    return taken;
  }
}

const blocks = fc.array(
  fc.string({ unit: fc.constantFrom('a', 'b', '\r', '\n', '\xff', '\0'), maxLength: 9 }),
  { maxLength: 12 },
);
const reads = fc.array(
  fc.record<Read>({
    method: fc.constantFrom('read', 'readline', 'readlines'),
    size: fc.oneof(fc.constantFrom(null, undefined, -1, 0, 1), fc.integer({ min: 0, max: 20 })),
  }),
);

function shown(result: Uint8Array | Uint8Array[]): string | string[] {
  return Array.isArray(result) ? texts(result) : text(result);
}

describe('Input', () => {
  it('INP-1 has read, readline, readlines and iteration', () => {
    const body = input('a\nb\nc\nd\ne');
    expect(text(body.read(2))).toBe('a\n');
    expect(text(body.readline())).toBe('b\n');
    expect(texts(body.readlines(1))).toEqual(['c\n']);
    expect(texts(body)).toEqual(['d\n', 'e']);
  });

  it('INP-2 reads the rest without a size, with null and with a negative one', () => {
    const large = Buffer.alloc(100 * 1024, 'x');
    for (const size of [undefined, null, -1]) {
      const body = Input.of(large.subarray(0, 70_000), large.subarray(70_000));
      expect(body.read(1).byteLength).toBe(1);
      expect(Buffer.compare(body.read(size), large.subarray(1))).toBe(0);
    }
  });

  it('INP-3 gives an empty array at the end, every time', () => {
    const body = input('a');
    body.read();
    for (let turn = 0; turn < 3; turn++) {
      expect(body.read()).toHaveLength(0);
      expect(body.read(10)).toHaveLength(0);
      expect(body.readline()).toHaveLength(0);
      expect(body.readlines()).toEqual([]);
      expect([...body]).toEqual([]);
    }
  });

  it('INP-5 reads as many bytes as asked for, however they came', () => {
    const body = input(...'abcdefghijklm');
    expect(text(body.read(10))).toBe('abcdefghij');
    expect(text(body.read(10))).toBe('klm');
  });

  it('INP-6 reads nothing with size 0', () => {
    const body = input('ab');
    expect(body.read(0)).toHaveLength(0);
    expect(body.readline(0)).toHaveLength(0);
    expect(text(body.read(1))).toBe('a');
  });

  it('INP-7 ends lines at LF only and keeps it', () => {
    const body = input('a\r', '\nb\rc', '\nd');
    const lines = [body.readline(), body.readline(), body.readline(), body.readline()];
    expect(lines.map(text)).toEqual(['a\r\n', 'b\rc\n', 'd', '']);
  });

  it('INP-8 stops a line at the size', () => {
    const body = input('abcdef\n');
    expect(text(body.readline(3))).toBe('abc');
    expect(text(body.readline())).toBe('def\n');
  });

  it('INP-9 gives all lines, or enough for the hint', () => {
    expect(texts(input('a\nb\nc').readlines())).toEqual(['a\n', 'b\n', 'c']);
    expect(texts(input('a\nb\nc').readlines(0))).toEqual(['a\n', 'b\n', 'c']);
    expect(texts(input('a\nb\nc').readlines(1))).toEqual(['a\n']);
    expect(texts(input('a\nb\nc').readlines(3))).toEqual(['a\n', 'b\n']);
  });

  it('INP-10 gives lines when iterated', () => {
    expect([...input('a\nb\n', '\nc')]).toEqual(input('a\nb\n', '\nc').readlines());
  });

  it('INP-12 is empty without a body', () => {
    expect(new Input().read()).toHaveLength(0);
    expect(Input.of().readlines()).toEqual([]);
  });

  it('INP-13 throws where a body was cut short, after what there is of it', () => {
    const source = new ArrivingSource();
    source.arrive('abcd', new Error('cut'));
    const body = new Input(source);
    expect(text(body.read(3))).toBe('abc');
    expect(() => body.read(7)).toThrow('cut');
    expect(() => body.readline()).toThrow('cut');
    expect(() => body.read()).toThrow('cut');
    expect(text(body.read(1))).toBe('d');
  });

  it('gives exclusive blocks as they are, but for small parts of a large memory', () => {
    const [large, small] = [Buffer.alloc(100, 'a'), Buffer.alloc(100, 'b').subarray(0, 10)];
    const body = new Input(new MemorySource([large, small], true));
    expect(body.read(100)).toBe(large);
    const rest = body.read();
    expect([text(rest), rest.buffer === small.buffer]).toEqual(['b'.repeat(10), false]);
    const shared = new Input(new MemorySource([large]));
    expect(shared.read()).not.toBe(large);
  });

  describe('of one exclusive block', () => {
    const exclusive = (text: string) => {
      // In a memory of its own, as from a runtime; what Buffer.from() gives is a part of a larger one.
      const block = Buffer.alloc(text.length, text);
      return { block, body: new Input(new MemorySource([block], true)) };
    };

    it('gives the whole without a copy', () => {
      const { block, body } = exclusive('whole');
      expect(body.read()).toBe(block);
      expect(body.read()).toHaveLength(0);
    });

    it('gives parts in order', () => {
      const { body } = exclusive('one\ntwo\nthree');
      expect(String(body.readline())).toBe('one\n');
      expect(String(body.read(3))).toBe('two');
      expect(String(body.read())).toBe('\nthree');
      expect(body.read()).toHaveLength(0);
    });

    it('is empty where there is nothing', () => {
      const { body } = exclusive('');
      expect(body.read()).toHaveLength(0);
      expect(body.readlines()).toEqual([]);
    });
  });

  it('INP-14 gives arrays that are the caller’s own', () => {
    const block = bytes('abcd');
    const body = Input.of(block);
    body.read(2).fill(0);
    expect(text(block)).toBe('abcd');
    expect(text(body.read())).toBe('cd');
  });

  it('INP-16 is dead after close()', () => {
    const body = input('a\nb');
    body.read(1);
    body.close();
    const dead = expect.objectContaining({ code: 'input-closed' });
    expect(() => body.read()).toThrow(dead);
    expect(() => body.read(0)).toThrow(dead);
    expect(() => body.readline()).toThrow(dead);
    expect(() => body.readlines()).toThrow(dead);
    expect(() => [...body]).toThrow(dead);
  });

  it('INP-17 gives bytes', () => {
    const body = input('a\nb\nc\nd\ne');
    const all = [body.read(1), body.readline(), ...body.readlines(1), ...body, body.read()];
    for (const data of all) expect(data).toBeInstanceOf(Uint8Array);
  });

  it('INP-5 to INP-10 hold for any split of the body and any sequence of reads', () => {
    fc.assert(
      fc.property(blocks, reads, (split, sequence) => {
        const body = input(...split);
        const reference = new Reference(split.join(''));
        for (const read of sequence) {
          expect(shown(body[read.method](read.size))).toEqual(reference.apply(read));
        }
        expect(text(body.read())).toBe(reference.apply({ method: 'read', size: null }));
      }),
      { numRuns: 300 },
    );
  });

  it('ASY-28 throws for what has not arrived, and keeps what has', () => {
    const source = new ArrivingSource();
    const body = new Input(source);
    const early = expect.objectContaining({
      code: 'input-not-arrived',
      message: expect.stringContaining('wizgi.input'),
    });
    source.arrive('ab\nc');
    expect(() => body.read(10)).toThrow(early);
    expect(() => body.read()).toThrow(early);
    expect(() => body.readlines()).toThrow(early);
    expect(() => body.readlines(4)).toThrow(early);
    expect(text(body.read(1))).toBe('a');
    expect(() => body.readlines()).toThrow(early);
    expect(text(body.readline())).toBe('b\n');
    expect(() => body.readline()).toThrow(early);
    source.arrive('d', null);
    expect(text(body.read())).toBe('cd');
  });

  it('finds the end of a long line in small blocks in linear time', () => {
    const started = performance.now();
    const body = new Input(new MemorySource(new Array<Uint8Array>(200_000).fill(bytes('x'))));
    expect(body.readline()).toHaveLength(200_000);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('AsyncInput', () => {
  it('ASY-27 waits for what has not arrived', async () => {
    const source = new ArrivingSource();
    const body = new AsyncInput(new Input(source));
    const read = body.read(5);
    for (const block of ['ab', 'c', 'def\ng']) {
      await nextTurn();
      source.arrive(block);
    }
    expect(text(await read)).toBe('abcde');
    expect(text(await body.readline())).toBe('f\n');
    const rest = body.readlines();
    source.arrive('h\ni', null);
    expect(texts(await rest)).toEqual(['gh\n', 'i']);
    expect(await body.read()).toHaveLength(0);
    expect(await body.readline()).toHaveLength(0);
  });

  it('ASY-27 shares the cursor of wsgi.input', async () => {
    const shared = input('abc\ndef');
    const body = new AsyncInput(shared);
    expect(text(shared.read(1))).toBe('a');
    expect(text(await body.readline())).toBe('bc\n');
    expect(text(shared.read(1))).toBe('d');
    const rest: string[] = [];
    for await (const block of body) rest.push(text(block));
    expect(rest).toEqual(['ef']);
  });

  it('ASY-27 gives blocks as they arrive when iterated', async () => {
    const source = new ArrivingSource();
    const seen: string[] = [];
    const done = (async () => {
      for await (const block of new AsyncInput(new Input(source))) seen.push(text(block));
    })();
    source.arrive('ab\nc', 'd');
    await nextTurn();
    expect(seen).toEqual(['ab\nc', 'd']);
    source.arrive('e', null);
    await done;
    expect(seen).toEqual(['ab\nc', 'd', 'e']);
  });

  it('ASY-30 rejects a pending read when the client leaves', async () => {
    const source = new ArrivingSource();
    const body = new AsyncInput(new Input(source));
    const read = body.read(10);
    const line = body.readline();
    source.arrive('abc', new Error('gone'));
    await expect(read).rejects.toThrow('gone');
    await expect(line).rejects.toThrow('gone');
    await expect(body.readlines()).rejects.toThrow('gone');
    const iterator = body[Symbol.asyncIterator]();
    expect(text((await iterator.next()).value)).toBe('abc');
    await expect(iterator.next()).rejects.toThrow('gone');
  });

  it('ASY-30 rejects a pending read after close()', async () => {
    const shared = new Input(new ArrivingSource());
    const body = new AsyncInput(shared);
    const read = body.read(10);
    const next = body[Symbol.asyncIterator]().next();
    await nextTurn();
    shared.close();
    const dead = expect.objectContaining({ code: 'input-closed' });
    await expect(read).rejects.toEqual(dead);
    await expect(next).rejects.toEqual(dead);
    await expect(body.read(0)).rejects.toEqual(dead);
  });

  it('survives a synchronous reader that takes what it waits for', async () => {
    const source = new ArrivingSource();
    const shared = new Input(source);
    const line = new AsyncInput(shared).readline();
    source.arrive('aaaa');
    await nextTurn();
    source.arrive('bbb');
    expect(text(shared.read(6))).toBe('aaaabb');
    source.arrive('c\nd');
    expect(text(await line)).toBe('bc\n');
  });

  it('INP-5 to INP-10 hold for overlapping reads of a body that arrives bit by bit', async () => {
    await fc.assert(
      fc.asyncProperty(blocks, reads, async (split, sequence) => {
        const source = new ArrivingSource();
        const body = new AsyncInput(new Input(source));
        const reference = new Reference(split.join(''));
        const results = sequence.map((read) => body[read.method](read.size));
        for (const block of split) {
          if (block !== '') source.arrive(block);
          await nextTurn();
        }
        source.arrive(null);
        for (const [index, read] of sequence.entries()) {
          expect(shown((await results[index]) ?? [])).toEqual(reference.apply(read));
        }
      }),
    );
  });
});

describe('FileSource', () => {
  function withFile(content: Uint8Array, use: (fd: number) => void): void {
    const directory = mkdtempSync(join(tmpdir(), 'wizgi-input-'));
    const path = join(directory, 'body');
    writeFileSync(path, content);
    const fd = openSync(path, 'r+');
    try {
      use(fd);
    } finally {
      closeSync(fd);
      rmSync(directory, { recursive: true });
    }
  }

  it('INP-11 reads a spooled body exactly, block by block', () => {
    const content = Buffer.alloc(300_001);
    for (let at = 0; at < content.length; at++) content[at] = (at * 7) % 251;
    withFile(content, (fd) => {
      const body = new Input(new FileSource(fd, content.length));
      const parts: Uint8Array[] = [];
      for (let part = body.read(70_000); part.byteLength > 0; part = body.read(70_000)) {
        parts.push(part);
      }
      expect(parts.map((part) => part.byteLength)).toEqual([
        70_000, 70_000, 70_000, 70_000, 20_001,
      ]);
      expect(Buffer.compare(Buffer.concat(parts), content)).toBe(0);
      expect(body.read()).toHaveLength(0);
    });
  });

  it('INP-4 stops at its length, and begins at the start of the file', () => {
    withFile(bytes('abcdef'), (fd) => {
      expect(text(new Input(new FileSource(fd, 4)).read())).toBe('abcd');
      expect(text(new Input(new FileSource(fd, 6)).read())).toBe('abcdef');
      expect(new Input(new FileSource(fd, 0)).read()).toHaveLength(0);
    });
  });

  it('INP-13 throws when the file is shorter than the body was', () => {
    withFile(bytes('abcdef'), (fd) => {
      const body = new Input(new FileSource(fd, 6));
      ftruncateSync(fd, 3);
      expect(() => body.read()).toThrow(expect.objectContaining({ code: 'input-incomplete' }));
    });
  });
});
