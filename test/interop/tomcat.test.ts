/** forward() to a real servlet container, over AJP. */
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { ForwardOptions } from '../../src/upstream/options.ts';
import { type Answer, CHUNKED_POST, get, post, until } from '../http/kit.ts';
import { front } from '../upstream/servers.ts';
import { need } from './components.ts';
import { startTomcat, type Tomcat } from './tomcat.ts';

const SECRET = 'hush';

let started: Promise<Tomcat> | null = null;

const inFront = async (options: ForwardOptions = {}) => {
  const { port } = await (started as Promise<Tomcat>);
  return front(`ajp://127.0.0.1:${port}`, { secret: SECRET, ...options });
};

/** What the page saw, by the first word of each line. */
function seen({ status, body, complete }: Answer): Record<string, string> {
  expect({ status, complete }).toEqual({ status: 200, complete: true });
  const lines = body.trimEnd().split('\n');
  return Object.fromEntries(
    lines
      .map((line) => line.trimEnd().replace(/^header ([^:]+):/, '$1'))
      .map((line) => [line.split(' ', 1)[0], line.slice(line.indexOf(' ') + 1)]),
  );
}

describe('Tomcat', () => {
  beforeEach((context) => {
    need('java', context);
    need('catalina.sh', context);
    started ??= startTomcat(SECRET);
    return started.then(() => undefined);
  }, 90_000);

  afterAll(async () => (await started)?.close());

  it('gets a request as it is', async () => {
    const client = await (await inFront()).client();
    client.send(get('/echo.jsp;a=b?q=%20&z', 'X-Own: 1\r\nCookie: c=d\r\nX-Lat: \xe9\r\n'));
    const answer = await client.answer();
    expect(seen(answer)).toMatchObject({
      method: 'GET',
      uri: '/echo.jsp;a=b',
      query: 'q=%20&z',
      scheme: 'http false',
      server: 'a 80',
      remote: '127.0.0.1 true',
      length: '-1 0',
      host: 'a',
      'x-own': '1',
      'x-lat': '\xe9',
      cookie: 'c=d',
    });
    expect(answer.headers).toMatchObject({
      'content-type': 'text/plain;charset=ISO-8859-1',
      'x-twice': 'one|two',
    });
  });

  // Pages are for GET, POST and HEAD only, so the others are answered 405.
  it.each(['BREW', 'PROPFIND', 'MKACTIVITY', 'PATCH'])('gets the method %s', async (method) => {
    const client = await (await inFront()).client();
    client.send(`${method} /echo.jsp HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(await client.answer()).toMatchObject({ status: 405 });
    const tomcat = await (started as Promise<Tomcat>);
    await until('the line', () => tomcat.accessLog().includes(`${method} /echo.jsp 405\n`));
  });

  it('answers HEAD without content', async () => {
    const client = await (await inFront()).client();
    client.send('HEAD /echo.jsp HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await client.answer('HEAD')).toMatchObject({ status: 200, body: '' });
    client.send(get('/echo.jsp'));
    expect(seen(await client.answer())).toMatchObject({ method: 'GET' });
  });

  it.each([0, 1, 8186, 8187, 100_000])('takes %i bytes of content', async (size) => {
    const client = await (await inFront()).client();
    client.send(post('y'.repeat(size), '/echo.jsp'));
    expect(seen(await client.answer())).toMatchObject({ length: `${size} ${size}` });
  });

  it('takes content of unknown length', async () => {
    const client = await (await inFront()).client();
    client.send(CHUNKED_POST.replace(' / ', ' /echo.jsp '));
    client.send('5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n');
    expect(seen(await client.answer())).toMatchObject({ body: 'hello world' });
  });

  it('is asked on one connection for request after request, whatever became of the content', async () => {
    const server = await inFront();
    const client = await server.client();
    for (let round = 0; round < 3; round++) {
      client.send(get('/echo.jsp'));
      expect(seen(await client.answer())).toMatchObject({ method: 'GET' });
      client.send(post('y'.repeat(20_000), '/echo.jsp?unread'));
      expect(await client.answer()).toMatchObject({ status: 200, body: 'unread' });
      client.send(post('hello', '/echo.jsp'));
      expect(seen(await client.answer())).toMatchObject({ body: 'hello' });
    }
    expect(server.log.loud).toEqual([]);
  });

  it('sends large answers', async () => {
    const client = await (await inFront()).client();
    client.send(get('/echo.jsp?large'));
    const { body, complete } = await client.answer();
    expect(complete).toBe(true);
    expect(body).toHaveLength(660_000);
  });

  it('is heard as it speaks', async () => {
    const server = await inFront();
    const client = await server.client();
    client.send(get('/echo.jsp?flush'));
    await client.expect('<0>');
    expect(client.text).not.toContain('<1>');
    const other = await server.client();
    other.send(get('/echo.jsp?go'));
    await other.answer();
    expect(await client.answer()).toMatchObject({ body: '<0><1><2>', complete: true });
  });

  it.each([
    ['redirect', 302],
    ['error', 410],
    ['throw', 500],
  ])('may %s', async (query, status) => {
    const client = await (await inFront()).client();
    client.send(get(`/echo.jsp?${query}`));
    const answer = await client.answer();
    expect(answer).toMatchObject({ status, complete: true });
    if (status === 302) expect(answer.headers['location']).toBe('elsewhere');
  });

  it.each(['', 'wrong'])('turns away who says the secret %j', async (secret) => {
    const client = await (await inFront({ secret })).client();
    client.send(get('/echo.jsp'));
    expect(await client.answer()).toMatchObject({ status: 403 });
  });
});
