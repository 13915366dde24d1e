/** The examples of docs/fetch.md, each under its runtime. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { needRuntimes, type Runtime, start, temporaryFolder } from './runtimes.ts';

const text = readFileSync('docs/fetch.md', 'utf8');
const examples = [...text.matchAll(/```js (\w+)\.js\n(.*?)```/gs)].map(
  ([, runtime, code]) => [runtime as Runtime, code as string] as const,
);

beforeEach(needRuntimes);

it('has one for each runtime', () => {
  expect(examples.map(([runtime]) => runtime)).toEqual(['bun', 'deno', 'workerd']);
});

it.each(examples)('under %s', async (runtime, code) => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(resolve('.'), join(folder, 'node_modules/wizgi'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'server.js'), code);
  const { url } = await start(runtime, join(folder, 'server.js'), ['net']);
  const response = await fetch(url, { headers: { 'CF-Connecting-IP': '127.0.0.1' } });
  expect(await response.text()).toBe('Hello, 127.0.0.1\n');
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
});
