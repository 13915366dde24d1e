import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'vitest';
import * as flow from './flow.ts';
import { describeSite, FIXTURES, moduleSite } from './site.ts';

const directory = join(FIXTURES, 'falcon');
const site = moduleSite({ directory, module: 'app', name: 'app', modules: ['falcon'] });
const source = readFileSync(join(directory, 'app.py'));

describeSite(site, (visitor) => {
  it('greets', async (context) => flow.greets(await visitor(context)));
  it('greets many at once', async (context) => flow.greetsMany(await visitor(context), '/hello'));
  it('echoes Latin-1', async (context) => flow.echoes(await visitor(context), 'Zoë ÿ'));
  it('remembers by a cookie', async (context) =>
    flow.remembers(await visitor(context), await visitor(context), '/visits'));
  it('adds', async (context) => flow.adds(await visitor(context), '/sum'));
  it('redirects after a form', async (context) => flow.redirects(await visitor(context)));
  it('receives files', async (context) => flow.uploads(await visitor(context), [0, 500, 900_000]));
  it('streams', async (context) => flow.countsDown(await visitor(context)));
  it('sends files', async (context) => {
    const browser = await visitor(context);
    await flow.sendsFile(browser, '/source', source);
    await flow.sendsFile(browser, '/files/app.py', source);
    await flow.validates(browser, '/files/app.py');
    await flow.sendsRange(browser, '/files/app.py', source);
  });
});
