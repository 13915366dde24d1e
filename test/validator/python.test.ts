/** The validator in Python: each rule broken, beside what wsgiref's own makes of it. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, type TestContext } from 'vitest';
import { type Rule, rules } from '../../src/validator/index.ts';
import { need } from '../interop/components.ts';
import { interpreters } from '../python/versions/interpreters.ts';

const SCRIPT = fileURLToPath(new URL('fixtures/breaks.py', import.meta.url));
const PACKAGES = fileURLToPath(new URL('../../python', import.meta.url));

/** What became of breaking a rule. */
interface Broken {
  readonly found: readonly string[];
  readonly raised: readonly string[];
  readonly wsgiref: 'error' | 'warning' | 'nothing';
}

function breakAll(python: string): Record<string, Broken> {
  const env = { ...process.env, PYTHONPATH: PACKAGES, PYTHONDONTWRITEBYTECODE: '1' };
  return JSON.parse(execFileSync(python, [SCRIPT], { env, encoding: 'utf8' }));
}

const inPython: readonly Rule[] = rules.filter(({ id }) => !/^(?:async|middleware)-/.test(id));

/** What is not raised where anybody could see it: the application's own error, and a body that is gone. */
const APART = ['application-fails', 'close-missing'];

/** Errors that wsgiref's validator does not raise; it is silent about them, or warns. */
const BEYOND_WSGIREF = [
  ...['application-fails', 'errors-arguments', 'start-response-twice', 'start-response-late'],
  ...['start-response-missing', 'start-response-swallowed', 'status-form', 'status-code'],
  ...[
    'status-characters',
    'header-native',
    'header-hop-by-hop',
    'content-length-form',
    'body-close',
  ],
  ...[
    'no-content-body',
    'content-length-exceeded',
    'content-length-short',
    'write-during-iteration',
  ],
  ...['write-late', 'environ-required', 'environ-native', 'environ-method', 'environ-path-info'],
  ...[
    'environ-server-address',
    'environ-file-wrapper',
    'input-result-size',
    'start-response-result',
  ],
  ...['body-iterated-once', 'close-once', 'write-arguments'],
];

let known: Record<string, Broken> | null = null;

function broken(context: TestContext): Record<string, Broken> {
  const python = need('python3', context);
  known ??= breakAll(python);
  return known;
}

describe('the validator in Python', () => {
  it('has a test that breaks each rule', (context) => {
    expect(Object.keys(broken(context)).sort()).toEqual(inPython.map(({ id }) => id).sort());
  });

  it.for(inPython)('$id is found, and nothing else', ({ id, severity }, context) => {
    const { found, raised = [] } = broken(context)[id] ?? {};
    expect(found).toEqual([id]);
    const expected = severity === 'error' && !APART.includes(id) ? [id] : [];
    expect([...new Set(raised)]).toEqual(expected);
  });

  it("finds what wsgiref's validator finds, and more", (context) => {
    // Each is found here, so what is left to look at is what wsgiref does not find. A newer one may.
    const silent = inPython
      .filter(({ severity }) => severity === 'error')
      .filter(({ id }) => broken(context)[id]?.wsgiref !== 'error');
    expect(silent.filter(({ id }) => !BEYOND_WSGIREF.includes(id))).toEqual([]);
  });

  it.for(interpreters)('finds the same on $name', ({ path }, context) => {
    const entries = Object.entries(breakAll(path(context)));
    expect(entries.filter(([id, { found }]) => found.join() !== id)).toEqual([]);
  });
});
