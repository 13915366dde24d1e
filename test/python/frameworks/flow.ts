/** What a visitor does on every site. */
import { createHash, randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { type Browser, fileForm } from './browser.ts';

/** A path and a query in UTF-8, and two cookies at once. */
export async function greets(browser: Browser): Promise<void> {
  const path = '/hello/Zo%C3%AB%20%26%20%D0%98%D0%B2%D0%B0%D0%BD?greeting=Ol%C3%A1+%E2%9C%93';
  const page = await browser.visit(path);
  expect([page.status, page.text]).toEqual([200, 'Olá ✓, Zoë & Иван!']);
  expect(page.all('Set-Cookie').length).toBeGreaterThanOrEqual(2);
  expect([browser.cookie('name'), browser.cookie('greeting')]).toEqual(['greeted', 'said']);

  const head = await browser.visit(path, { method: 'HEAD' });
  expect([head.status, head.text]).toEqual([200, '']);
}

/** Many visitors at the same time, each of whom is greeted by name. */
export async function greetsMany(browser: Browser, path: string): Promise<void> {
  const names = Array.from({ length: 100 }, (_, index) => `visitor-${index}`);
  const pages = await Promise.all(names.map((name) => browser.visit(`${path}/${name}`)));
  expect(pages.map(({ text }) => text)).toEqual(names.map((name) => `Hello, ${name}!`));
}

/** A header that goes to the application and back byte by byte. */
export async function echoes(browser: Browser, value: string): Promise<void> {
  const page = await browser.visit('/echo', { headers: { 'X-Name': value } });
  expect([page.status, page.header('X-Name')]).toEqual([200, value]);
}

/** A session, which other visitors do not see. */
export async function remembers(browser: Browser, stranger: Browser, path: string): Promise<void> {
  for (const visits of [1, 2, 3]) {
    expect((await browser.visit(path)).json()).toMatchObject({ visits });
  }
  expect((await stranger.visit(path)).json()).toMatchObject({ visits: 1 });
}

/** JSON in both directions. */
export async function adds(browser: Browser, path: string): Promise<void> {
  const body = Buffer.from(JSON.stringify({ numbers: [1, 2, 39] }));
  const page = await browser.visit(path, { body, headers: { 'Content-Type': 'application/json' } });
  expect([page.status, page.json()]).toEqual([200, { sum: 42 }]);
}

/** A form and the redirect after it. */
export async function redirects(browser: Browser): Promise<void> {
  const form = new URLSearchParams({ name: 'Zoë Иван', other: 'x'.repeat(10_000) });
  const page = await browser.visit('/form', { body: form });
  expect(page.status).toBe(303);
  expect((await browser.follow(page)).text).toBe('Hello, Zoë Иван!');
}

/** Files that fit into memory and files that do not. */
export async function uploads(browser: Browser, sizes: readonly number[]): Promise<void> {
  for (const size of sizes) {
    const content = randomBytes(size);
    const file = { field: 'file', name: 'some file.bin', content };
    const page = await browser.visit('/upload', { body: fileForm({}, file) });
    const expected = { filename: 'some file.bin', size, sha256: sha256(content) };
    expect([page.status, page.json()]).toEqual([200, expected]);
  }
}

/** A body made by a generator, long enough to be sent in many pieces. */
export async function countsDown(browser: Browser, end = ''): Promise<void> {
  const page = await browser.visit('/countdown/10000');
  const lines = Array.from({ length: 10_000 }, (_, index) => `${10_000 - index}\n`);
  expect(page.status).toBe(200);
  expect(page.text === lines.join('') + end).toBe(true);
}

/** A file, and its head. */
export async function sendsFile(browser: Browser, path: string, content: Buffer): Promise<void> {
  const page = await browser.visit(path);
  expect([page.status, page.body.equals(content)]).toEqual([200, true]);
  const head = await browser.visit(path, { method: 'HEAD' });
  expect([head.status, head.body.length]).toEqual([200, 0]);
  expect(head.header('Content-Length')).toBe(page.header('Content-Length'));
}

/** A file that is not sent again to those who have it. */
export async function validates(browser: Browser, path: string): Promise<void> {
  const modified = (await browser.visit(path)).header('Last-Modified') as string;
  const page = await browser.visit(path, { headers: { 'If-Modified-Since': modified } });
  expect([page.status, page.body.length]).toEqual([304, 0]);
}

/** A part of a file. */
export async function sendsRange(browser: Browser, path: string, content: Buffer): Promise<void> {
  const page = await browser.visit(path, { headers: { Range: 'bytes=10-109' } });
  expect([page.status, page.header('Content-Range')]).toEqual([
    206,
    `bytes 10-109/${content.length}`,
  ]);
  expect(page.body).toEqual(content.subarray(10, 110));
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
