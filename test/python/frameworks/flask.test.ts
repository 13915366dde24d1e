import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../cli/command.ts';
import { type Browser, fileForm } from './browser.ts';
import * as flow from './flow.ts';
import { describeSite, moduleSite } from './site.ts';

const directory = join(ROOT, 'examples/flask');
const site = moduleSite({ directory, module: 'app', name: 'app', modules: ['flask'] });
const style = readFileSync(join(directory, 'static/style.css'));
const MEBIBYTE = 1 << 20;

async function visits(browser: Browser): Promise<string | undefined> {
  return /You were here (\d+) times/.exec((await browser.visit('/')).text)?.[1];
}

describeSite(site, (visitor) => {
  it('greets', async (context) => flow.greets(await visitor(context)));
  it('greets many at once', async (context) => flow.greetsMany(await visitor(context), '/hello'));
  it('adds', async (context) => flow.adds(await visitor(context), '/api/sum'));

  it('remembers each visitor by a session', async (context) => {
    const browser = await visitor(context);
    const stranger = await visitor(context);
    expect([await visits(browser), await visits(browser), await visits(stranger)]).toEqual([
      '1',
      '2',
      '1',
    ]);
  });

  it.for([0, 1_000, 20 * MEBIBYTE])('receives a file of %d bytes', async (size, context) => {
    const browser = await visitor(context);
    const content = randomBytes(size);
    const form = fileForm({}, { field: 'file', name: 'Füße.bin', content });
    const page = await browser.visit('/upload', { body: form });
    expect(page.status).toBe(303);
    expect((await browser.follow(page)).text).toContain(
      `Füße.bin: ${size} bytes, sha256 ${flow.sha256(content)}`,
    );
  });

  it('receives a file without Content-Length', async (context) => {
    const browser = await visitor(context);
    const content = randomBytes(200_000);
    const page = await browser.visit('/upload', {
      body: fileForm({}, { field: 'file', name: 'chunked.bin', content }),
      headers: { 'Transfer-Encoding': 'chunked' },
    });
    expect((await browser.follow(page)).text).toContain(flow.sha256(content));
  });

  it('refuses what is larger than MAX_CONTENT_LENGTH', async (context) => {
    const browser = await visitor(context);
    const page = await browser.visit('/upload', { body: new Uint8Array(33 * MEBIBYTE) });
    expect(page.status).toBe(413);
  });

  it('streams with its request at hand', async (context) =>
    flow.countsDown(await visitor(context), 'GET has lift-off!\n'));

  it('sends static files', async (context) => {
    const browser = await visitor(context);
    await flow.sendsFile(browser, '/static/style.css', style);
    await flow.validates(browser, '/static/style.css');
    await flow.sendsRange(browser, '/static/style.css', style);
  });

  it('knows no other pages', async (context) => {
    const page = await (await visitor(context)).visit('/nothing');
    expect([page.status, page.header('Content-Type')]).toEqual([404, 'text/html; charset=utf-8']);
  });
});
