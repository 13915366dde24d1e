import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { need } from '../../test/interop/components.ts';
import { diagnose, findInterpreter } from './interpreter.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'wizgi-interpreter-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Makes an executable file, and gives its path. */
function program(name: string, text = '#!/bin/sh\n'): string {
  const path = join(directory, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

const find = (python = '', environment: NodeJS.ProcessEnv = { PATH: '' }) =>
  findInterpreter({ python, directory, environment });

describe('findInterpreter', () => {
  it('takes them in order', () => {
    const environment = { PATH: join(directory, 'bin'), VIRTUAL_ENV: join(directory, 'active') };
    const onPath = { PATH: environment.PATH };
    const other = program('bin/python');
    expect(find('', onPath)).toBe(other);
    const usual = program('bin/python3');
    expect(find('', onPath)).toBe(usual);
    const local = program('.venv/bin/python');
    expect(find('', onPath)).toBe(local);
    const active = program('active/bin/python');
    expect(find('', environment)).toBe(active);
    expect(find('python', environment)).toBe(other);
    expect(find('.venv/bin/python', environment)).toBe(local);
    expect(find(usual, environment)).toBe(usual);
  });

  it('keeps the link that a virtual environment is entered by', () => {
    const real = program('real');
    mkdirSync(join(directory, '.venv/bin'), { recursive: true });
    symlinkSync(real, join(directory, '.venv/bin/python'));
    expect(find()).toBe(join(directory, '.venv/bin/python'));
  });

  it('says what is missing', () => {
    program('env/bin/python');
    writeFileSync(join(directory, 'plain'), '');
    const path = (name: string) => join(directory, name);
    const message = (python: string, environment?: NodeJS.ProcessEnv) => {
      try {
        return find(python, environment);
      } catch (error) {
        return String(error);
      }
    };
    const option = (value: string) =>
      `ConfigurationError: option 'python' (--python) is ${JSON.stringify(value)}`;
    expect(message('')).toMatch(/^ConfigurationError: no Python was found: .*with --python$/);
    expect(message('python9')).toBe(
      `${option('python9')}, which is not on PATH; install it, or give its path, as in .venv/bin/python`,
    );
    expect(message('./no')).toBe(
      `${option('./no')}, which does not exist; name an interpreter, as in python3 or .venv/bin/python`,
    );
    expect(message('./plain')).toMatch(/, which cannot be executed; name an interpreter/);
    expect(message('./env')).toBe(
      `${option('./env')}, which is a directory; did you mean ${path('env/bin/python')}?`,
    );
    expect(message('', { PATH: '', VIRTUAL_ENV: '/no/env' })).toMatch(
      /^ConfigurationError: \$VIRTUAL_ENV is \/no\/env, which has no interpreter; create it anew/,
    );
  });
});

describe('diagnose', () => {
  it('finds nothing wrong with a Python of today', async (context) => {
    expect(await diagnose(need('python3', context))).toBeNull();
  });

  it('tells an old one, and what is no Python', async () => {
    const old = program('old', '#!/bin/sh\necho 3.8\n');
    const broken = program('broken', '#!/bin/sh\necho "no encodings" >&2\nexit 1\n');
    expect(String(await diagnose(old))).toBe(
      `ConfigurationError: ${old} is Python 3.8; wizgi needs 3.9 or newer: name another interpreter with --python`,
    );
    expect(String(await diagnose(broken))).toBe(
      `ConfigurationError: ${broken} does not work as a Python interpreter (no encodings); name another with --python`,
    );
  });
});
