import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutputLines } from './output-lines.ts';

/** Prints pieces to its end; gives what came of them. */
async function printed(
  ...pieces: (string | Uint8Array)[]
): Promise<{ text: string; last: string[] }> {
  const source = new PassThrough();
  let text = '';
  const lines = new OutputLines(
    source,
    {
      write: (more: string) => {
        text += more;
      },
    },
    '> ',
  );
  for (const piece of pieces) {
    source.write(piece);
    await nextTurn();
  }
  const ended = new Promise((resolve) => source.once('end', resolve));
  source.end();
  await ended;
  return { text, last: lines.last };
}

describe('OutputLines', () => {
  it('names who prints on each line', async () => {
    const { text, last } = await printed('one\n\ntwo\r\nthr', 'ee');
    expect(text).toBe('> one\n> \n> two\n> three\n');
    expect(last).toEqual(['one', '', 'two', 'three']);
  });

  it('waits for the rest of a line', async () => {
    const source = new PassThrough();
    const texts: string[] = [];
    new OutputLines(source, { write: (text: string) => texts.push(text) }, '');
    source.write('half');
    await nextTurn();
    expect(texts).toEqual([]);
    source.write(' and half\nnext');
    await nextTurn();
    expect(texts).toEqual(['half and half\n']);
  });

  it('remembers the last five lines', async () => {
    const { last } = await printed('1\n2\n3\n', '4\n5\n6\n7');
    expect(last).toEqual(['3', '4', '5', '6', '7']);
  });

  it('gives the same wherever text is cut, inside of characters too', async () => {
    const texts = fc.string({
      unit: fc.constantFrom('a', '\n', 'é', '€', '😀', '\t', ' '),
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(texts, fc.nat({ max: 60 }), fc.nat({ max: 60 }), async (text, one, two) => {
        const data = Buffer.from(text);
        const [start, end] = [Math.min(one, two), Math.max(one, two)];
        const cut = [data.subarray(0, start), data.subarray(start, end), data.subarray(end)];
        const whole = await printed(data);
        expect((await printed(...cut)).text).toBe(whole.text);
        const lines = text.replace(/\n$/, '').split('\n');
        expect(whole.text).toBe(text === '' ? '' : lines.map((line) => `> ${line}\n`).join(''));
      }),
    );
  });

  it('lets nothing command a terminal, or forge a line', async () => {
    const { text } = await printed('\x1b[2J\x07\x00\x7f\x9b1m\rforged\x0b\x0c\ttab\n');
    expect(text).toMatch(/^> [\t\x20-\x7e]*\n$/);
    expect(text).toContain('\\x1b[2J\\x07\\x00\\x7f\\x9b1m\\x0dforged');
    expect(text).toContain('\ttab');
  });

  it('makes something of bytes that are no text', async () => {
    const { text } = await printed(Uint8Array.of(0x61, 0xff, 0xfe, 0xc3, 0x0a));
    expect(text).toBe('> a\ufffd\ufffd\ufffd\n');
  });

  it('cuts a line that does not end, and loses nothing of it', async () => {
    const line = 'x'.repeat(100_000);
    const { text } = await printed(line.slice(0, 30_000), line.slice(30_000), '\nend\n');
    const lines = text.split('\n');
    expect(Math.max(...lines.map((part) => part.length))).toBeLessThanOrEqual(8192 + 2);
    expect(lines.map((part) => part.slice(2)).join('')).toBe(`${line}end`);
  });

  it('keeps a bounded part of an endless line in memory', async () => {
    const source = new PassThrough();
    let size = 0;
    const lines = new OutputLines(
      source,
      {
        write: (text: string) => {
          size += text.length;
        },
      },
      '',
    );
    for (let count = 0; count < 20; count++) {
      source.write('y'.repeat(20_000));
      await nextTurn();
    }
    expect(size).toBeGreaterThan(20 * 20_000 - 8192 - 1);
    expect(Math.max(...lines.last.map((part) => part.length))).toBeLessThanOrEqual(8192);
  });

  it('has whoever prints too much wait, and takes all of it', async () => {
    const source = new PassThrough({ highWaterMark: 1024 });
    let size = 0;
    new OutputLines(
      source,
      {
        write: (text: string) => {
          size += text.length;
        },
      },
      '',
    );
    const line = `${'z'.repeat(1023)}\n`.repeat(64);
    let waits = 0;
    const began = performance.now();
    for (let count = 0; count < 48; count++) {
      if (!source.write(line)) {
        waits++;
        await new Promise((resolve) => source.once('drain', resolve));
      }
    }
    source.end();
    await new Promise((resolve) => source.once('end', resolve));
    expect(size).toBe(48 * 64 * 1024);
    expect(waits).toBeGreaterThan(0);
    // Three bursts, with two pauses of a tenth of a second at least.
    expect(performance.now() - began).toBeGreaterThan(190);
  });
});
