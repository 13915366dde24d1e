import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, it } from 'vitest';
import * as flow from './flow.ts';
import { describeSite, FIXTURES, moduleSite } from './site.ts';

const directory = join(FIXTURES, 'cherrypy');
const source = readFileSync(join(directory, 'app.py'));
const sessions = mkdtempSync(join(tmpdir(), 'wizgi-cherrypy-'));
afterAll(() => rmSync(sessions, { recursive: true }));

const site = moduleSite({
  directory,
  module: 'app',
  name: 'application',
  modules: ['cherrypy'],
  env: { SESSIONS: sessions },
});

describeSite(site, (visitor) => {
  it('greets', async (context) => flow.greets(await visitor(context)));
  it('greets many at once', async (context) => flow.greetsMany(await visitor(context), '/hello'));
  it('echoes Latin-1', async (context) => flow.echoes(await visitor(context), 'Zoë ÿ'));
  it('remembers by sessions on disk', async (context) =>
    flow.remembers(await visitor(context), await visitor(context), '/visits'));
  it('adds', async (context) => flow.adds(await visitor(context), '/sum'));
  it('redirects after a form', async (context) => flow.redirects(await visitor(context)));
  it('receives files', async (context) =>
    flow.uploads(await visitor(context), [1, 500, 3_000_000]));
  it('streams', async (context) => flow.countsDown(await visitor(context)));
  it('sends files', async (context) => {
    const browser = await visitor(context);
    for (const path of ['/source', '/files/app.py']) {
      await flow.sendsFile(browser, path, source);
      await flow.validates(browser, path);
      await flow.sendsRange(browser, path, source);
    }
  });
});
