import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { TextErrorStream } from './error-stream.ts';

function recorded() {
  const written: string[] = [];
  return { written, errors: new TextErrorStream({ write: (text) => written.push(text) }) };
}

describe('TextErrorStream', () => {
  it('ERR-1 has write, writelines and flush, which give nothing back', () => {
    const { errors, written } = recorded();
    expect(errors.write('a')).toBeUndefined();
    expect(errors.writelines(['b', 'c'])).toBeUndefined();
    expect(errors.writelines([])).toBeUndefined();
    expect(errors.flush()).toBeUndefined();
    expect(written.join('')).toBe('abc');
  });

  it('ERR-2 takes any Unicode and replaces what has no encoding', () => {
    const { errors, written } = recorded();
    errors.write('\u20ac \ud800');
    errors.write('\udc00\u{1f600}\ud83d');
    errors.writelines(['\ud83d', '\ude00']);
    expect(written).toEqual(['\u20ac \ufffd', '\ufffd\u{1f600}\ufffd', '\ufffd\ufffd']);
  });

  it('ERR-3 passes line ends on as the application writes them', () => {
    const { errors, written } = recorded();
    errors.write('a\n');
    errors.write('b\n');
    errors.writelines(new Set(['c', 'd\n']));
    expect(written.join('').split('\n')).toEqual(['a', 'b', 'cd', '']);
  });

  it('ERR-4 has passed everything on when flush() returns', () => {
    const directory = mkdtempSync(join(tmpdir(), 'wizgi-errors-'));
    const path = join(directory, 'log');
    const fd = openSync(path, 'w');
    let held = '';
    const sink = {
      write: (text: string) => {
        held += text;
      },
      flushSync: () => {
        writeSync(fd, held);
        held = '';
      },
    };
    try {
      const errors = new TextErrorStream(sink);
      errors.write('line\n');
      errors.flush();
      expect(readFileSync(path, 'utf8')).toBe('line\n');
    } finally {
      closeSync(fd);
      rmSync(directory, { recursive: true });
    }
  });

  it('ERR-5 goes to the standard error stream unless told otherwise', () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      new TextErrorStream().write('to stderr');
      expect(write).toHaveBeenCalledExactlyOnceWith('to stderr');
    } finally {
      write.mockRestore();
    }
  });

  it('ERR-6 has nothing that an application could close', () => {
    const { errors, written } = recorded();
    for (const name of ['close', 'end', 'destroy']) expect(name in errors).toBe(false);
    errors.write('still there');
    expect(written).toEqual(['still there']);
  });

  it('refuses what is no text', () => {
    const { errors, written } = recorded();
    const values: unknown[] = [Buffer.from('a'), 1, null, undefined, new Error('x')];
    for (const value of values) {
      expect(() => errors.write(value as string)).toThrow(TypeError);
      expect(() => errors.writelines(['a', value as string])).toThrow(TypeError);
    }
    expect(written).toEqual([]);
  });
});
