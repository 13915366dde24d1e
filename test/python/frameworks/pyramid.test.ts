import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../cli/command.ts';
import { type Browser, fileForm } from './browser.ts';
import * as flow from './flow.ts';
import { describeSite, FIXTURES, type Site } from './site.ts';

const directory = join(ROOT, 'examples/pyramid');
const site: Site = {
  directory,
  target: 'development.ini',
  linted: (linter) => `${join(FIXTURES, 'paste/linted.ini')}#${linter}`,
  modules: ['pyramid', 'paste/deploy'],
  // Pyramid's import of pkg_resources, which is nobody's fault here.
  env: { PYTHONWARNINGS: 'ignore::UserWarning' },
};
const source = readFileSync(join(directory, 'guestbook.py'));

interface Index {
  readonly csrf_token: string;
  readonly messages: readonly string[];
}

async function index(browser: Browser): Promise<Index> {
  return (await browser.visit('/')).json() as Index;
}

describeSite(site, (visitor) => {
  it('greets', async (context) => flow.greets(await visitor(context)));
  it('greets many at once', async (context) => flow.greetsMany(await visitor(context), '/hello'));
  it('remembers by a session', async (context) =>
    flow.remembers(await visitor(context), await visitor(context), '/'));
  it('streams', async (context) => flow.countsDown(await visitor(context)));
  it('sends a file', async (context) => flow.sendsFile(await visitor(context), '/source', source));

  it('passes the filter of the pipeline', async (context) => {
    const page = await (await visitor(context)).visit('/hello/Zoe');
    expect(page.header('X-Seconds')).toMatch(/^\d+\.\d{6}$/);
  });

  it('takes a form with its token only', async (context) => {
    const browser = await visitor(context);
    const { csrf_token } = await index(browser);
    const picture = { field: 'picture', name: 'me.png', content: new Uint8Array(300_000) };
    const signing = (token: string) =>
      browser.visit('/', { body: fileForm({ csrf_token: token, name: 'Zoë' }, picture) });
    expect((await signing('forged')).status).toBe(400);
    const page = await signing(csrf_token);
    expect(page.status).toBe(303);
    expect((await browser.follow(page)).json()).toMatchObject({
      messages: ['Zoë signed with me.png, 300000 bytes'],
    });
  });
});
