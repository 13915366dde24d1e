/** The examples in Python, started as their README says. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { cleanUp, ROOT, startServer } from '../cli/command.ts';
import { needPackages } from '../python/packages.ts';

const data = mkdtempSync(join(tmpdir(), 'wizgi-example-'));
afterEach(cleanUp);
afterAll(() => rmSync(data, { recursive: true }));

interface Example {
  readonly name: string;
  readonly modules: readonly string[];
  readonly path: string;
  readonly expected: RegExp;
}

const examples: readonly Example[] = [
  {
    name: 'django',
    modules: ['django', 'rest_framework', 'whitenoise'],
    path: '/greet/Zo%C3%AB',
    expected: /^Hello, Zoë!$/,
  },
  { name: 'flask', modules: ['flask'], path: '/', expected: /You were here 1 times/ },
  {
    name: 'pyramid',
    modules: ['pyramid', 'paste/deploy'],
    path: '/source',
    expected: /What PasteDeploy calls/,
  },
];

/** The arguments after `wizgi serve` in the example's row. */
function documentedArguments(name: string): string[] {
  const readme = readFileSync(join(ROOT, 'examples/README.md'), 'utf8');
  const row = readme.split('\n').find((line) => line.startsWith(`| [${name}]`)) ?? '';
  const command = /`wizgi serve ([^`]+)`/.exec(row)?.[1];
  if (command === undefined) throw new Error(`README has no command for ${name}`);
  return command.split(' ');
}

it('django, by its file', async (context) => {
  const python = needPackages(['django', 'rest_framework', 'whitenoise'], context);
  const server = startServer(['examples/django/mysite.wsgi', '--python', python], {
    env: { MYSITE_DATA: data, PYTHONDONTWRITEBYTECODE: '1' },
  });
  const response = await fetch(`${await server.listening()}/greet/Zo%C3%AB`);
  expect(await response.text()).toBe('Hello, Zoë!');
});

describe('served as the README says', () => {
  it.for(examples)('$name', async ({ name, modules, path, expected }, context) => {
    const python = needPackages(modules, context);
    const server = startServer([...documentedArguments(name), '--python', python], {
      env: { MYSITE_DATA: data, PYTHONDONTWRITEBYTECODE: '1' },
    });
    const response = await fetch((await server.listening()) + path);
    expect([response.status, await response.text()]).toEqual([
      200,
      expect.stringMatching(expected),
    ]);
  });
});
