/** What a framework does at the end of a request is done once, however the request ends. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { type Command, cleanUp, startServer } from '../../cli/command.ts';
import { needPackages, type Skipping } from '../packages.ts';
import { Browser } from './browser.ts';
import { FIXTURES } from './site.ts';

describe.each([
  ['-w', '2'],
  ['--threads', '4'],
])('%s %s', (...args) => {
  const directory = mkdtempSync(join(tmpdir(), 'wizgi-teardown-'));
  const log = join(directory, 'teardowns');
  afterAll(async () => {
    await cleanUp();
    rmSync(directory, { recursive: true });
  });

  let server: Command | undefined;

  async function visit(context: Skipping): Promise<Browser> {
    const python = needPackages(['flask'], context);
    server ??= startServer(
      ['app:app', '--chdir', join(FIXTURES, 'teardown'), '--python', python, ...args],
      { env: { TEARDOWNS: log, PYTHONDONTWRITEBYTECODE: '1' } },
    );
    return new Browser(await server.listening());
  }

  function teardowns(id: string): string[] {
    const lines = readFileSync(log, { encoding: 'utf8', flag: 'a+' }).split('\n');
    return lines.filter((line) => line.startsWith(`${id} `));
  }

  /** Sees one teardown, and that none follows it while each worker serves more requests. */
  async function once(browser: Browser, id: string, error = 'NoneType'): Promise<void> {
    await vi.waitUntil(() => teardowns(id).length > 0, { timeout: 10_000 });
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => browser.visit(`/plain?id=${id}-after-${index}`)),
    );
    expect(teardowns(id)).toEqual([`${id} ${error}`]);
  }

  it.for(['plain', 'lines'])('/%s', async (path, context) => {
    const browser = await visit(context);
    expect((await browser.visit(`/${path}?id=${path}`)).status).toBe(200);
    await once(browser, path);
  });

  it('HEAD', async (context) => {
    const browser = await visit(context);
    await browser.visit('/lines?id=head', { method: 'HEAD' });
    await once(browser, 'head', 'GeneratorExit');
  });

  it('a client that leaves in the middle', async (context) => {
    const browser = await visit(context);
    const message = await browser.open('/endless?id=leaves');
    await new Promise((resolve) => message.once('data', resolve));
    expect(teardowns('leaves')).toEqual([]);
    message.destroy();
    await once(browser, 'leaves', 'GeneratorExit');
  });

  it('a client that reads nothing and leaves', async (context) => {
    const browser = await visit(context);
    const message = await browser.open('/endless?id=sleeps');
    message.pause();
    message.destroy();
    await once(browser, 'sleeps', 'GeneratorExit');
  });

  it('an exception before the answer', async (context) => {
    const browser = await visit(context);
    expect((await browser.visit('/fails?id=fails')).status).toBe(500);
    await once(browser, 'fails', 'ValueError');
  });

  it('an exception within the answer', async (context) => {
    const browser = await visit(context);
    await expect(browser.visit('/breaks?id=breaks')).rejects.toThrow();
    await once(browser, 'breaks', 'ValueError');
    expect(server?.stderr).toContain('ValueError: expected by the test');
  });
});
