import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { cleanUp } from '../../cli/command.ts';
import type { Skipping } from '../packages.ts';
import { type Browser, fileForm, type Page } from './browser.ts';
import { administer } from './django-in-chromium.ts';
import { administrator, directory, djangoSite } from './django-site.ts';
import { greetsMany, sendsRange } from './flow.ts';
import { describeSite, type Visitor } from './site.ts';

const MEBIBYTE = 1 << 20;
const style = readFileSync(join(directory, 'library/static/library/style.css'));

/** Sends Django's login form, with the token of its page. */
async function logIn(browser: Browser, password = administrator.password): Promise<Page> {
  const form = await browser.visit('/admin/login/?next=/admin/');
  const body = new URLSearchParams({
    csrfmiddlewaretoken: form.field('csrfmiddlewaretoken'),
    username: administrator.username,
    password,
    next: '/admin/',
  });
  return browser.visit('/admin/login/?next=/admin/', { body });
}

function testAdmin(visitor: Visitor): void {
  it('lets its administrator in and out', async (context) => {
    const browser = await visitor(context);
    const away = await browser.visit('/admin/');
    expect([away.status, away.header('Location')]).toEqual([302, '/admin/login/?next=/admin/']);

    const welcome = await logIn(browser);
    expect([welcome.status, welcome.header('Location')]).toEqual([302, '/admin/']);
    expect(welcome.all('Set-Cookie')).toHaveLength(2);
    const index = await browser.visit('/admin/');
    expect(index.text).toContain('Site administration');

    const body = new URLSearchParams({
      csrfmiddlewaretoken: index.field('csrfmiddlewaretoken'),
    });
    expect((await browser.visit('/admin/logout/', { body })).status).toBe(200);
    expect((await browser.visit('/admin/')).status).toBe(302);
  });

  it('keeps others out', async (context) => {
    const browser = await visitor(context);
    const page = await logIn(browser, 'not the password');
    expect([page.status, page.text.includes('Please enter the correct')]).toEqual([200, true]);
    expect((await browser.visit('/admin/')).status).toBe(302);
  });

  it('keeps forged forms out', async (context) => {
    const browser = await visitor(context);
    const body = new URLSearchParams({ csrfmiddlewaretoken: 'x'.repeat(32), username: 'admin' });
    expect((await browser.visit('/admin/login/', { body })).status).toBe(403);
  });
}

/** Uploads a file as the form of the page does, and gives where it can be had. */
async function upload(
  browser: Browser,
  title: string,
  content: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const form = await browser.visit('/');
  const fields = { csrfmiddlewaretoken: form.field('csrfmiddlewaretoken'), title };
  const file = { field: 'file', name: `${title}.bin`, content };
  const page = await browser.visit('/', { body: fileForm(fields, file), headers });
  expect([page.status, page.header('Location')]).toEqual([302, '/']);
  const list = await browser.follow(page);
  expect(list.text).toContain(`${title} was added.`);
  return new RegExp(`<a href="([^"]+)">${title}</a>`).exec(list.text)?.[1] as string;
}

function testLibrary(visitor: Visitor): void {
  it('counts visits in the session', async (context) => {
    for (const browser of [await visitor(context), await visitor(context)]) {
      for (const visits of [1, 2]) {
        expect((await browser.visit('/')).text).toContain(`You were here ${visits} times.`);
      }
    }
  });

  it.for([
    ['small', 1_000],
    ['large', 20 * MEBIBYTE],
  ] as const)('takes a %s file and gives it back', async ([name, size], context) => {
    const browser = await visitor(context);
    const content = randomBytes(size);
    const title = `${name} é ${randomBytes(4).toString('hex')}`;
    const path = await upload(browser, title, content);
    const page = await browser.visit(path);
    expect([page.status, page.body.equals(content)]).toEqual([200, true]);
    expect(page.header('Content-Length')).toBe(String(size));
    expect(page.header('Content-Disposition')).toMatch(/^attachment; filename\*=utf-8''\w+_%C3%A9/);
    const head = await browser.visit(path, { method: 'HEAD' });
    expect([head.status, head.header('Content-Length')]).toEqual([200, String(size)]);
  });

  it('takes a file without Content-Length', async (context) => {
    const browser = await visitor(context);
    const content = randomBytes(100_000);
    const title = `chunked ${randomBytes(4).toString('hex')}`;
    const path = await upload(browser, title, content, { 'Transfer-Encoding': 'chunked' });
    expect((await browser.visit(path)).body.equals(content)).toBe(true);
  });

  it('greets in UTF-8, with cookies', async (context) => {
    const browser = await visitor(context);
    const page = await browser.visit('/greet/Zo%C3%AB%20%D0%98%D0%B2?greeting=Ol%C3%A1');
    expect([page.status, page.text]).toEqual([200, 'Olá, Zoë Ив!']);
    expect(page.all('Set-Cookie')).toEqual([
      'name=greeted; Path=/',
      'greeting=said; HttpOnly; Path=/',
    ]);
  });

  it('greets many at once', async (context) => greetsMany(await visitor(context), '/greet'));

  it('redirects to the path with a slash', async (context) => {
    const page = await (await visitor(context)).visit('/admin?a=%C3%A9');
    expect([page.status, page.header('Location')]).toEqual([301, '/admin/?a=%C3%A9']);
  });

  it('compresses, and sends nothing twice', async (context) => {
    const browser = await visitor(context);
    const gzip = { 'Accept-Encoding': 'gzip' };
    const page = await browser.visit('/admin/login/', { headers: gzip });
    expect(page.header('Content-Encoding')).toBe('gzip');
    expect(gunzipSync(page.body).toString()).toContain('<title>Log in');

    const greeting = await browser.visit('/greet/Zoe');
    const etag = greeting.header('ETag') as string;
    const again = await browser.visit('/greet/Zoe', { headers: { 'If-None-Match': etag } });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  it('streams what the database yields', async (context) => {
    const browser = await visitor(context);
    const title = `line ${randomBytes(4).toString('hex')}`;
    await upload(browser, title, new Uint8Array(1));
    const plain = await browser.visit('/export.csv');
    expect(plain.text).toContain(`,${title}\n`);
    const page = await browser.visit('/export.csv', { headers: { 'Accept-Encoding': 'gzip' } });
    expect(gunzipSync(page.body).toString()).toContain(`,${title}\n`);
  });

  it('sends static files through WhiteNoise', async (context) => {
    const browser = await visitor(context);
    const path = /href="([^"]+\.css)"/.exec((await browser.visit('/')).text)?.[1] as string;
    const page = await browser.visit(path);
    expect([page.status, page.body]).toEqual([200, style]);
    expect(page.header('Cache-Control')).toContain('immutable');
    const etag = page.header('Last-Modified') as string;
    const again = await browser.visit(path, { headers: { 'If-Modified-Since': etag } });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    const gzip = await browser.visit(path, { headers: { 'Accept-Encoding': 'gzip' } });
    expect(gunzipSync(gzip.body)).toEqual(style);
    await sendsRange(browser, path, style);
  });
}

function testApi(visitor: Visitor): void {
  let member: Promise<Browser> | undefined;

  /** Logs in once: hashing a password takes its time. */
  function loggedIn(context: Skipping): Promise<Browser> {
    member ??= visitor(context).then(async (browser) => {
      await logIn(browser);
      return browser;
    });
    return member;
  }

  it('creates, reads, updates and deletes', async (context) => {
    const browser = await loggedIn(context);
    const headers = {
      'Content-Type': 'application/json',
      'X-CSRFToken': browser.cookie('csrftoken') as string,
    };
    const send = (method: string, path: string, value: unknown) =>
      browser.visit(path, { method, headers, body: Buffer.from(JSON.stringify(value)) });

    const created = await send('POST', '/api/documents/', { title: 'naïve ✓' });
    expect(created.status).toBe(201);
    const { id } = created.json() as { id: number };
    const path = `/api/documents/${id}/`;
    expect((await browser.visit(path)).json()).toMatchObject({ id, title: 'naïve ✓' });
    expect((await send('PUT', path, { title: 'put' })).json()).toMatchObject({ title: 'put' });
    expect((await send('PATCH', path, { title: '' })).status).toBe(400);
    const list = (await browser.visit('/api/documents/')).json();
    expect(list).toContainEqual(expect.objectContaining({ id, title: 'put' }));
    const deleted = await browser.visit(path, { method: 'DELETE', headers });
    expect([deleted.status, deleted.body.length]).toEqual([204, 0]);
    expect((await browser.visit(path)).status).toBe(404);
    const options = await browser.visit('/api/documents/', { method: 'OPTIONS' });
    expect(options.header('Allow')).toBe('GET, POST, HEAD, OPTIONS');
  });

  it('is closed to those who are not logged in', async (context) => {
    const browser = await visitor(context);
    const body = new URLSearchParams({ title: 'no' });
    expect((await browser.visit('/api/documents/', { body })).status).toBe(403);
  });

  it('can be browsed', async (context) => {
    const browser = await loggedIn(context);
    const page = await browser.visit('/api/documents/', { headers: { Accept: 'text/html' } });
    expect(page.header('Content-Type')).toBe('text/html; charset=utf-8');
    expect(page.text).toContain('Document List');
    const style = /href="(\/static\/rest_framework\/[^"]+\.css)"/.exec(page.text)?.[1] as string;
    expect((await browser.visit(style)).header('Content-Type')).toContain('text/css');
  });
}

const site = djangoSite();

describeSite(
  site,
  (visitor) => {
    describe('admin', () => testAdmin(visitor));
    describe('library', () => testLibrary(visitor));
    describe('api', () => testApi(visitor));
  },
  ['nginx-uwsgi.conf'],
);

describe('Chromium', () => {
  afterAll(cleanUp);

  it('administers the site', (context) => administer(site, context));
});
