/** Frameworks under fromNode answer as they do under node:http. */
import { describe, expect, it } from 'vitest';
import type { NodeApplication, NodeHandler } from 'wizgi/node';
import { adapted, essence, header, native, type Request, type Site, send } from './servers.ts';

interface Made {
  readonly app: NodeApplication;
  readonly handler: NodeHandler;
}

// A variable, because the applications are JavaScript: the frameworks' types are not installed.
const source = './apps.mjs';
const { apps } = (await import(source)) as { apps: Record<string, () => Made | Promise<Made>> };

const JSON_TYPE = { 'Content-Type': 'application/json' };
const FORM_TYPE = { 'Content-Type': 'application/x-www-form-urlencoded' };

function upload(content: string): FormData {
  const form = new FormData();
  form.append('title', 'ü');
  form.append('file', new File([content], 'a.txt', { type: 'text/plain' }));
  return form;
}

const express: readonly Request[] = [
  { path: '/static/text.txt' },
  { path: '/static/text.txt', method: 'HEAD' },
  { path: '/static/text.txt', headers: { Range: 'bytes=10-19' } },
  { path: '/static/text.txt', headers: { Range: 'bytes=-5' } },
  { path: '/static/text.txt', headers: { Range: 'bytes=9999999-' } },
  { path: '/static/text.txt', headers: { 'If-Modified-Since': new Date(2 ** 41).toUTCString() } },
  { path: '/static' },
  { path: '/static/none' },
  { path: '/compressed/text', headers: { 'Accept-Encoding': 'gzip' } },
  { path: '/compressed/text', headers: { 'Accept-Encoding': 'gzip' }, method: 'HEAD' },
  { path: '/compressed/file', headers: { 'Accept-Encoding': 'br, gzip' } },
  { path: '/compressed/text' },
  { path: '/json', method: 'POST', headers: JSON_TYPE, body: '{"a":[1,"ü"]}' },
  { path: '/json', method: 'POST', headers: JSON_TYPE, body: '{"a":' },
  { path: '/json', method: 'POST', headers: JSON_TYPE, body: `"${'x'.repeat(200)}"` },
  { path: '/json', method: 'POST' },
  { path: '/form', method: 'POST', headers: FORM_TYPE, body: 'a=1&b[c]=%C3%BC&a=2' },
  { path: '/text', method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: 'text' },
  { path: '/upload', method: 'POST', body: upload('content') },
  { path: '/upload', method: 'POST', body: upload('much '.repeat(1000)) },
  { path: '/file' },
  { path: '/file', headers: { Range: 'bytes=0-0,5-9' } },
  { path: '/download' },
  { path: '/redirect' },
  { path: '/redirect', headers: { Accept: 'text/html' } },
  { path: '/cookies' },
  { path: '/events' },
  { path: '/fresh' },
  { path: '/fresh', method: 'HEAD' },
  { path: '/fresh', headers: { 'If-None-Match': '*' } },
  { path: '/passed' },
  { path: '/hop-by-hop' },
  { path: '/bad-header' },
  { path: '/api/a/b%20c?d=e&d=f' },
  { path: '/api' },
  { path: '/none', method: 'DELETE' },
  { path: '/file', method: 'OPTIONS' },
];

const requests: Record<string, readonly Request[]> = {
  'Express 5': express,
  'Express 4': express,
  Connect: [
    { path: '/json', method: 'POST', headers: JSON_TYPE, body: '{"a":1}' },
    { path: '/json', method: 'POST', headers: JSON_TYPE, body: '{' },
    { path: '/json', headers: { 'Accept-Encoding': 'gzip' } },
    { path: '/mounted/a?b' },
    { path: '/events' },
    { path: '/none' },
  ],
  Koa: [
    { path: '/text' },
    { path: '/text', method: 'HEAD' },
    { path: '/json', method: 'POST', headers: JSON_TYPE, body: '{"a":1}' },
    { path: '/json', method: 'POST', headers: JSON_TYPE, body: '{' },
    { path: '/json', method: 'POST', headers: FORM_TYPE, body: 'a=1&a=2' },
    { path: '/stream' },
    { path: '/stream', method: 'HEAD' },
    { path: '/buffer' },
    { path: '/thrown' },
    { path: '/refused' },
    { path: '/own' },
    { path: '/nothing' },
    { path: '/none' },
  ],
  Fastify: [
    { path: '/json' },
    { path: '/json', method: 'HEAD' },
    { path: '/json', method: 'POST', headers: JSON_TYPE, body: '{"a":1}' },
    { path: '/json', method: 'POST', headers: JSON_TYPE, body: '{' },
    { path: '/json', method: 'POST', headers: { 'Content-Type': 'x/y' }, body: '{' },
    { path: '/form', method: 'POST', headers: FORM_TYPE, body: 'a=1&a=2' },
    { path: '/upload', method: 'POST', body: upload('content') },
    { path: '/cookies', headers: { Cookie: 'x=1; y=%C3%BC' } },
    { path: '/stream' },
    { path: '/static/text.txt' },
    { path: '/static/text.txt', headers: { Range: 'bytes=5-6' } },
    { path: '/static/none' },
    { path: '/thrown' },
    { path: '/hijacked' },
    { path: '/redirect' },
    { path: '/none' },
  ],
  NestJS: [
    { path: '/text' },
    { path: '/json', method: 'POST', headers: JSON_TYPE, body: '{"a":1}' },
    { path: '/json', method: 'POST', headers: JSON_TYPE, body: '{' },
    { path: '/refused' },
    { path: '/none' },
  ],
};

describe.each(Object.entries(requests))('%s', (name, list) => {
  it('answers as under node:http', async () => {
    const { app, handler } = await (apps[name] as () => Made | Promise<Made>)();
    const expected = await native(handler);
    const seen = await adapted(app);
    for (const request of list) {
      const title = `${request.method ?? 'GET'} ${request.path} ${JSON.stringify(request.headers)}`;
      const answers = [await send(expected, request), await send(seen, request)] as const;
      expect([title, essence(answers[1])]).toEqual([title, essence(answers[0])]);
    }
    expect(seen.log).toEqual([]);
    expect(seen.errors()).toBe('');
  });
});

describe.each(['Express 5', 'Express 4'])('%s', (name) => {
  it('keeps sessions by their cookies', async () => {
    const { app } = await (apps[name] as () => Made)();
    const site = await adapted(app);
    const first = await send(site, { path: '/visits' });
    const cookie = (header(first, 'set-cookie') ?? '').replace(/;.*/, '');
    expect(cookie).toMatch(/^connect\.sid=s/);
    const visit = () => send(site, { path: '/visits', headers: { Cookie: cookie } });
    expect([await visit(), await visit()].map(({ body }) => String(body))).toEqual(['2', '3']);
  });

  it('shows what was thrown, as it does under node:http', async () => {
    const { app, handler } = await (apps[name] as () => Made)();
    const page = async (site: Site) => String((await send(site, { path: '/thrown' })).body);
    expect(await page(await adapted(app))).toBe(await page(await native(handler)));
  });
});
