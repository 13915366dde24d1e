import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { ROOT } from '../../cli/command.ts';
import { type Browser, fileForm, type Page } from '../frameworks/browser.ts';
import { describeSite, moduleSite } from '../frameworks/site.ts';

const directory = mkdtempSync(join(tmpdir(), 'wizgi-trac-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** What visitors may do, since nobody logs in here. */
const RIGHTS = 'WIKI_CREATE WIKI_MODIFY TICKET_CREATE TICKET_MODIFY TICKET_APPEND'.split(' ');

let project: Promise<void> | undefined;

const site = moduleSite({
  directory,
  module: 'trac.web.main',
  name: 'dispatch_request',
  modules: ['trac'],
  env: {
    TRAC_ENV: join(directory, 'project'),
    PYTHONWARNINGS: 'ignore:pkg_resources is deprecated as an API:UserWarning',
  },
  prepare: () => {
    project ??= makeProject();
    return project;
  },
});

async function makeProject(): Promise<void> {
  await admin('initenv', 'The Project', 'sqlite:db/trac.db');
  await admin('permission', 'add', 'anonymous', ...RIGHTS);
}

function admin(...args: string[]): Promise<unknown> {
  const command = join(ROOT, '.venv-test/bin/trac-admin');
  return promisify(execFile)(command, [join(directory, 'project'), ...args]);
}

/** Sends the form of a page as its button does, and goes where that leads. */
async function submit(browser: Browser, path: string, fields: Record<string, string>) {
  const token = (await browser.visit(path)).field('__FORM_TOKEN');
  const body = new URLSearchParams({ ...fields, __FORM_TOKEN: token });
  return followed(browser, await browser.visit(path, { body }));
}

async function followed(browser: Browser, page: Page): Promise<Page> {
  expect([302, 303]).toContain(page.status);
  const next = await browser.follow(page);
  expect(next.status).toBe(200);
  return next;
}

const name = () => `Page${randomBytes(6).toString('hex')}`;

/** Files a ticket, and gives its path. */
async function file(browser: Browser, summary: string): Promise<{ page: Page; path: string }> {
  const fields = {
    field_summary: summary,
    field_description: "It ''really'' is.",
    submit: 'Create',
  };
  const page = await submit(browser, '/newticket', fields);
  const path = `/ticket/${/<title>\s*#(\d+)/.exec(page.text)?.[1]}`;
  return { page, path };
}

describeSite(
  site,
  (visitor) => {
    it('welcomes', async (context) => {
      const page = await (await visitor(context)).visit('/');
      expect([page.status, page.text.includes('<title>\n      The Project')]).toEqual([200, true]);
    });

    it('keeps a wiki page and its history', async (context) => {
      const browser = await visitor(context);
      const path = `/wiki/${name()}`;
      const write = (text: string, version: string) =>
        submit(browser, `${path}?action=edit`, { action: 'edit', text, version, save: 'Submit' });
      expect((await write("Schöne '''Grüße''', мир", '0')).text).toContain(
        'Schöne <strong>Grüße</strong>, мир',
      );
      await write(`${'long '.repeat(40_000)}end`, '1');
      const source = await browser.visit(`${path}?format=txt`);
      expect(source.text).toBe(`${'long '.repeat(40_000)}end`);
      expect((await browser.visit(`${path}?action=history`)).text).toContain(`${path}?version=1`);
    });

    it('takes no form without its token', async (context) => {
      const browser = await visitor(context);
      const body = new URLSearchParams({
        action: 'edit',
        text: 'spam',
        version: '0',
        save: 'Submit',
      });
      expect((await browser.visit(`/wiki/${name()}`, { body })).status).toBe(400);
    });

    it('files a ticket, takes an attachment and gives it back', async (context) => {
      const browser = await visitor(context);
      const { page, path } = await file(browser, 'Zoë cannot log in');
      expect(page.text).toContain('It <em>really</em> is.');

      const content = randomBytes(200_000);
      const action = `/attachment${path}/?action=new`;
      const token = (await browser.visit(action)).field('__FORM_TOKEN');
      const fields = { action: 'new', realm: 'ticket', id: path.slice(8), __FORM_TOKEN: token };
      const form = fileForm(fields, { field: 'attachment', name: 'screen shot.bin', content });
      await followed(browser, await browser.visit(action, { body: form }));

      const raw = `/raw-attachment${path}/screen%20shot.bin`;
      const attachment = await browser.visit(raw);
      expect([attachment.status, attachment.body.equals(content)]).toEqual([200, true]);
      const since = { 'If-Modified-Since': attachment.header('Last-Modified') as string };
      const again = await browser.visit(raw, { headers: since });
      expect([again.status, again.body.length]).toEqual([304, 0]);
    });

    it('numbers the tickets of visitors who come together', async (context) => {
      const visitors = await Promise.all([1, 2, 3, 4].map(() => visitor(context)));
      const filed = await Promise.all(visitors.map((browser) => file(browser, 'Me too')));
      expect(new Set(filed.map(({ path }) => path)).size).toBe(4);
      const csv = (await visitors[0]?.visit('/query?summary=Me+too&format=csv&max=0'))?.text ?? '';
      for (const { path } of filed) expect(csv).toMatch(new RegExp(`^${path.slice(8)},`, 'm'));
    });

    it('knows what it does not have', async (context) => {
      const page = await (await visitor(context)).visit('/nowhere?é=%C3%A9');
      expect([page.status, page.text.includes('No handler matched')]).toEqual([404, true]);
    });

    it('sends its style sheet', async (context) => {
      const browser = await visitor(context);
      const sheet = await browser.visit('/chrome/common/css/trac.css');
      expect([sheet.status, sheet.header('Content-Type')]).toEqual([200, 'text/css']);
      // Apache frames what comes by SCGI itself.
      const length = String(sheet.body.length);
      expect(sheet.header('Content-Length') ?? length).toBe(length);
    });
  },
  ['apache-scgi.conf'],
);
