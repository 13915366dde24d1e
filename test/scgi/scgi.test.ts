import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recording } from '../http/kit.ts';
import { environFor, netstring, reply, request, SCGI, serveBy } from './kit.ts';
import { singleConnection } from './single-connection.ts';

singleConnection(SCGI);

const LENGTH = 'CONTENT_LENGTH\x000\0';
const START = `${LENGTH}SCGI\x001\0REQUEST_METHOD\0GET\0PATH_INFO\0/\0`;

/** Sends what is refused; gives the answer's status, 0 without an answer. */
async function refused(bytes: Buffer | string): Promise<{ status: number; log: string[] }> {
  const { app, calls } = recording();
  const server = await serveBy(SCGI, app);
  const client = await server.exchange(bytes);
  expect(calls).toEqual([]);
  const status = client.received === 0 ? 0 : (await reply(SCGI, client)).status;
  return { status, log: server.log.loud };
}

describe('netstrings', () => {
  it.each(['070:', '+70:', '-70:', ' 70:', '70 :', '4e:', ':', 'abc:', 'x:'])(
    'SCGI-2 L1 %j is closed without a reply',
    async (start) => {
      const bytes = start + 'x'.repeat(70);
      expect(await refused(bytes)).toEqual({ status: 0, log: ['refused bad-netstring'] });
    },
  );

  it.each(['1000000000000:', '99999999999999999999:', '2147483648:'])(
    'SCGI-2 L2 %s is refused from its number',
    async (start) => {
      expect(await refused(start)).toEqual({ status: 0, log: ['refused variables-too-large'] });
    },
  );

  it('L3 a size without an end is refused within twelve digits', async () => {
    const bytes = '1'.repeat(12);
    expect(await refused(bytes)).toEqual({ status: 0, log: ['refused variables-too-large'] });
    expect(await refused('1'.repeat(1 << 20))).toMatchObject({ status: 0 });
  });

  it.each([
    ['another terminator', `${START.length}:${START};`],
    ['a size too short', `${START.length - 1}:${START},`],
    ['a size too long', `${START.length + 1}:${START},x`],
  ])('SCGI-2 L4 %s is closed without a reply', async (_, bytes) => {
    expect(await refused(bytes)).toEqual({ status: 0, log: ['refused bad-netstring'] });
  });

  it('L11 HTTP is closed without a reply', async () => {
    const bytes = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
    expect(await refused(bytes)).toEqual({ status: 0, log: ['refused bad-netstring'] });
  });
});

describe('variables', () => {
  it.each([
    ['SCGI-3 L7 an odd number of texts', `${START}X\0`, 'bad-variables'],
    ['SCGI-3 L7 no final NUL', START.slice(0, -1), 'bad-variables'],
    ['SCGI-3 L7 an empty name', `${START}\0v\0`, 'empty-name'],
    ['SCGI-6 L7 a name that comes twice', `${START}X\0v\0X\0w\0`, 'repeated-variable'],
    ['SCGI-4 L5 CONTENT_LENGTH twice', START + LENGTH, 'repeated-variable'],
    ['SCGI-4 L5 no CONTENT_LENGTH', START.slice(LENGTH.length), 'no-content-length'],
    ['SCGI-4 L5 an empty CONTENT_LENGTH', START.replace('\x000\0', '\0\0'), 'no-content-length'],
    ['SCGI-5 L6 no SCGI', START.replace('SCGI\x001\0', ''), 'not-scgi'],
    ['SCGI-5 L6 SCGI=2', START.replace('SCGI\x001\0', 'SCGI\x002\0'), 'not-scgi'],
  ])('%s: 400', async (_, head, reason) => {
    expect(await refused(netstring(head))).toEqual({ status: 400, log: [`refused ${reason}`] });
  });

  it('L8 a hundred thousand variables are refused by their size', async () => {
    const head = START + Array.from({ length: 100_000 }, (_, index) => `X${index}\0\0`).join('');
    expect(await refused(netstring(head))).toEqual({
      status: 0,
      log: ['refused variables-too-large'],
    });
  });

  it('SCGI-4 CONTENT_LENGTH may come later', async () => {
    const head = 'SCGI\x001\0REQUEST_METHOD\0POST\0PATH_INFO\0/\0CONTENT_LENGTH\x005\0';
    const bytes = Buffer.concat([netstring(head), Buffer.from('hello')]);
    expect((await environFor(SCGI, bytes)).content).toBe('hello');
  });

  it('SCGI-4 SCGI-5 a server may be told to tolerate what is missing', async () => {
    const head = 'REQUEST_METHOD\0GET\0PATH_INFO\0/x\0';
    const { environ } = await environFor(SCGI, netstring(head), { scgiTolerant: true });
    expect(environ.PATH_INFO).toBe('/x');
  });

  it('SCGI-12 chunked content of which nothing was counted: 411', async () => {
    const bytes = request(SCGI, [
      ['CONTENT_LENGTH', '0'],
      ['HTTP_TRANSFER_ENCODING', 'chunked'],
    ]);
    expect(await refused(bytes)).toEqual({ status: 411, log: ['refused length-required'] });
  });
});

/** What a front end was seen to send. */
function sent(name: string): Buffer {
  const directory = new URL('../vectors/scgi/valid/', import.meta.url);
  const file = readdirSync(directory).find((entry) => entry.endsWith(`-${name}.scgi`));
  return readFileSync(new URL(String(file), directory));
}

describe('front ends, as they were seen', () => {
  it('SCGI-10 nginx: a path from DOCUMENT_URI, and a name from Host', async () => {
    const { environ } = await environFor(SCGI, sent('nginx-get'));
    expect(environ).toMatchObject({
      SCRIPT_NAME: '',
      PATH_INFO: '/w/a c/e;x=1/\xe2\x82\xac',
      QUERY_STRING: 'q=1%20&z',
      REQUEST_URI: '/w/a%20c//d/../e;x=1/%E2%82%AC?q=1%20&z',
      SERVER_NAME: 'example.com',
      SERVER_PORT: '8081',
      GATEWAY_INTERFACE: 'CGI/1.1',
      HTTP_X_DUP: '1, 2',
      HTTP_COOKIE: 'a=1; b=2',
      HTTP_X_LAT: '\xe9',
      HTTP_X_EMPTY: '',
    });
    expect(environ).not.toHaveProperty('HTTP_PROXY');
    expect(environ).not.toHaveProperty('CONTENT_TYPE');
  });

  it('SCGI-10 nginx: divided at the mount point', async () => {
    const { environ } = await environFor(SCGI, sent('nginx-get'), { scriptName: '/w' });
    expect([environ.SCRIPT_NAME, environ.PATH_INFO]).toEqual(['/w', '/a c/e;x=1/\xe2\x82\xac']);
  });

  it('SCGI-10 nginx: outside the mount point: 404', async () => {
    const server = await serveBy(SCGI, recording().app, { scriptName: '/other' });
    const client = await server.exchange(sent('nginx-get'));
    expect((await reply(SCGI, client)).status).toBe(404);
  });

  it('SCGI-10 nginx: HTTP/1.0 without Host', async () => {
    const server = await serveBy(SCGI, recording().app);
    const client = await server.exchange(sent('nginx-head10'));
    expect((await reply(SCGI, client, 'HEAD')).status).toBe(200);
  });

  it('SCGI-7 nginx: a form', async () => {
    const { environ, content } = await environFor(SCGI, sent('nginx-post'));
    expect(content).toBe('a=1&b=2');
    expect(environ).toMatchObject({
      REQUEST_METHOD: 'POST',
      CONTENT_LENGTH: '7',
      CONTENT_TYPE: 'application/x-www-form-urlencoded',
    });
    expect(environ).not.toHaveProperty('HTTP_CONTENT_TYPE');
  });

  it('SCGI-11 nginx, unbuffered: all that the client announced', async () => {
    const { environ, content } = await environFor(SCGI, sent('nginx-unbuffered-big'));
    expect(content).toBe('x'.repeat(20_000));
    expect(environ.CONTENT_LENGTH).toBe('20000');
    expect(environ).not.toHaveProperty('HTTP_CONTENT_LENGTH');
  });

  it.each(['nginx-chunked', 'lighttpd-chunked'])(
    'SCGI-12 %s: chunks that were counted',
    async (name) => {
      const { environ, content } = await environFor(SCGI, sent(name));
      expect([content, environ.CONTENT_LENGTH]).toEqual(['hello', '5']);
      expect(environ).not.toHaveProperty('HTTP_TRANSFER_ENCODING');
    },
  );

  it('SCGI-13 Apache: no GATEWAY_INTERFACE; divided at the mount point', async () => {
    const { environ } = await environFor(SCGI, sent('apache-get'), { scriptName: '/w' });
    expect(environ).toMatchObject({
      GATEWAY_INTERFACE: 'CGI/1.1',
      SCRIPT_NAME: '/w',
      PATH_INFO: '/a c/e;x=1/\xe2\x82\xac',
      HTTP_X_DUP: '1, 2',
      SERVER_NAME: 'example.com',
    });
  });

  it('SCGI-13 Apache: a form', async () => {
    expect((await environFor(SCGI, sent('apache-post'))).content).toBe('a=1&b=2');
  });

  it('SCGI-14 lighttpd: SCGI comes last; the path is divided already', async () => {
    const { environ } = await environFor(SCGI, sent('lighttpd-get'));
    expect(environ).toMatchObject({
      SCRIPT_NAME: '/w',
      PATH_INFO: '/a c/e;x=1/\xe2\x82\xac',
      HTTP_COOKIE: 'a=1; b=2',
    });
  });
});
