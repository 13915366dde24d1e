import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LineSink } from './sink.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'wizgi-sink-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('a file', () => {
  it('gets lines at once without a delay, and is appended to', () => {
    const file = join(directory, 'log');
    new LineSink({ to: file, delay: 0 }).write('one\n');
    new LineSink({ to: file, delay: 0 }).write('two\n');
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
  });

  it('gets held lines when the delay is over, or when it is flushed', async () => {
    const file = join(directory, 'log');
    const sink = new LineSink({ to: file, delay: 50 });
    sink.write('one\n');
    expect(readFileSync(file, 'utf8')).toBe('');
    await vi.waitFor(() => expect(readFileSync(file, 'utf8')).toBe('one\n'), 10_000);
    sink.write('two\n');
    sink.flushSync();
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
  });

  it('that cannot be opened is an error at once', () => {
    expect(() => new LineSink({ to: join(directory, 'no/log'), delay: 0 })).toThrow('ENOENT');
  });
});

describe('a pipe that nobody reads', () => {
  it.each([0, 10])('costs lines, which are counted, and never time (delay %i)', async (delay) => {
    const path = join(directory, 'pipe');
    execFileSync('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(path, constants.O_WRONLY);
    const dropped = vi.fn();
    const sink = new LineSink({ to: writer, delay, dropped });
    const line = `${'x'.repeat(1023)}\n`;
    for (let count = 0; count < 4096; count += 1) sink.write(line);

    let read = 0;
    const buffer = Buffer.alloc(64 * 1024);
    await vi.waitFor(
      () => {
        read += drain(reader, buffer);
        expect(dropped).toHaveBeenCalledOnce();
      },
      { timeout: 10_000, interval: 1 },
    );
    read += drain(reader, buffer);
    expect(read / 1024 + dropped.mock.calls[0]?.[0]).toBe(4096);

    sink.write('after\n');
    sink.end();
    await vi.waitFor(() => {
      expect(buffer.toString('latin1', 0, readSync(reader, buffer))).toBe('after\n');
    }, 10_000);
    closeSync(reader);
    closeSync(writer);
  });

  it('does not keep the process from ending', () => {
    const path = join(directory, 'pipe');
    execFileSync('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(path, constants.O_WRONLY);
    const sink = new LineSink({ to: writer, delay: 0 });
    sink.write('x'.repeat(512 * 1024));
    const began = performance.now();
    sink.end();
    expect(performance.now() - began).toBeLessThan(10_000);
    closeSync(reader);
    closeSync(writer);
  });
});

it('goes quiet when the reader is gone', async () => {
  const path = join(directory, 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  closeSync(reader);
  const sink = new LineSink({ to: writer, delay: 0 });
  sink.write('one\n');
  sink.write('two\n');
  sink.end();
  closeSync(writer);
});

function drain(fd: number, buffer: Buffer): number {
  let total = 0;
  try {
    for (;;) {
      const read = readSync(fd, buffer);
      if (read === 0) return total;
      total += read;
    }
  } catch {
    return total;
  }
}
