/** The examples with upstream servers, started as their README says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { cleanUp, ROOT, startServer } from '../cli/command.ts';
import { php } from '../upstream/programs.ts';

afterEach(cleanUp);

function serve(name: string, env: Record<string, string>): Promise<string> {
  const target = `examples/${name}/app.ts`;
  const readme = readFileSync(join(ROOT, 'examples/README.md'), 'utf8');
  expect(readme).toContain(`[${name}](${name}/app.ts)`);
  return startServer([target], { env }).listening();
}

it('balance goes on when one of its servers ends', async () => {
  const servers = [startServer(['examples/hello.ts']), startServer(['examples/hello.ts'])];
  const urls = await Promise.all(servers.map((server) => server.listening()));
  const url = await serve('balance', { SERVERS: urls.join() });
  const ask = async () => (await fetch(url)).status;
  expect(await ask()).toBe(200);
  servers[0]?.kill('SIGTERM');
  await servers[0]?.exited;
  for (let request = 0; request < 6; request++) expect(await ask()).toBe(200);
  servers[1]?.kill('SIGTERM');
  await servers[1]?.exited;
  const statuses: number[] = [];
  while (statuses.length < 10 && statuses.at(-1) !== 503) statuses.push(await ask());
  // Those that found out that it is gone, and then one that need not try.
  expect(statuses.at(-1)).toBe(503);
});

it('php answers what no route takes', async (context) => {
  const { url: fpm } = await php(context, {}, true);
  const url = await serve('php', { PHP_FPM: fpm });
  expect(await (await fetch(`${url}/api/time`)).json()).toMatchObject({ by: 'TypeScript' });
  for (const path of ['/', '/a/b?c', '/index.php/x']) {
    expect(await (await fetch(url + path)).text()).toBe(`PHP was asked for ${path}\n`);
  }
});
