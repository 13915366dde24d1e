/** The examples in both languages, started as their README says. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { cleanUp, ROOT, startServer } from '../cli/command.ts';
import { needPackages, type Skipping } from '../python/packages.ts';

afterEach(cleanUp);

/** Serves an example with an active virtual environment, which is where its packages are. */
function serve(name: string, modules: readonly string[], context: Skipping): Promise<string> {
  const python = needPackages(modules, context);
  const target = `examples/${name}/app.ts`;
  const readme = readFileSync(join(ROOT, 'examples/README.md'), 'utf8');
  expect(readme).toContain(`[${name}](${name}/app.ts)`);
  expect(readme).toContain(`\`wizgi serve ${target}\``);
  const env = { VIRTUAL_ENV: dirname(dirname(python)), PYTHONDONTWRITEBYTECODE: '1' };
  return startServer([target], { env }).listening();
}

describe('served as the README says', () => {
  it('side-by-side', async (context) => {
    const url = await serve('side-by-side', ['flask'], context);
    const page = await fetch(url);
    expect([page.status, await page.text()]).toEqual([
      200,
      expect.stringContaining('You were here 1 times'),
    ]);
    const sum = await fetch(`${url}/api/sum`, { method: 'POST', body: '{"numbers": [1, 2, 4]}' });
    expect(await sum.json()).toEqual({ sum: 7, by: 'TypeScript' });
    for (const { headers } of [page, sum]) {
      expect(headers.get('Server-Timing')).toMatch(/^app;dur=\d+\.\d$/);
    }
  });

  it('python-middleware', async (context) => {
    const url = await serve('python-middleware', [], context);
    const refused = await fetch(url);
    expect([refused.status, refused.headers.get('WWW-Authenticate')]).toEqual([
      401,
      'Basic realm="example", charset="UTF-8"',
    ]);
    const get = (credentials: string) =>
      fetch(url, { headers: { Authorization: `Basic ${btoa(credentials)}` } });
    const greeting = await get('alice:only for an example');
    expect([greeting.status, await greeting.text()]).toEqual([
      200,
      'Hello, alice. TypeScript knows you from Python.\n',
    ]);
    for (const wrong of ['alice:no', 'bob:', ':', 'alice']) {
      expect((await get(wrong)).status).toBe(401);
    }
  });
});
