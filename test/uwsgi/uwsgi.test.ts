import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recording } from '../http/kit.ts';
import { environFor, reply, request, serveBy } from '../scgi/kit.ts';
import { singleConnection } from '../scgi/single-connection.ts';
import { packet, sized, UWSGI } from './kit.ts';

singleConnection(UWSGI);

const START = sized('REQUEST_METHOD') + sized('GET') + sized('PATH_INFO') + sized('/');

/** Sends what is refused; gives the answer's status, 0 without an answer. */
async function refused(bytes: Buffer | string): Promise<{ status: number; log: string[] }> {
  const { app, calls } = recording();
  const server = await serveBy(UWSGI, app);
  const client = await server.client();
  client.send(bytes);
  client.end();
  await client.closed();
  expect(calls).toEqual([]);
  const status = client.received === 0 ? 0 : (await reply(UWSGI, client)).status;
  return { status, log: server.log.loud };
}

describe('packets', () => {
  it('UWSGI-1 their size has its lower byte first: 00 12 02 00 is 530', async () => {
    const rest = 530 - START.length - sized('X').length - sized('').length;
    const bytes = packet(START + sized('X') + sized('v'.repeat(rest)));
    expect([...bytes.subarray(0, 4)]).toEqual([0x00, 0x12, 0x02, 0x00]);
    expect((await environFor(UWSGI, bytes)).environ.X).toBe('v'.repeat(rest));
  });

  it.each([1, 5, 9, 14, 17, 22, 30, 72, 100, 110, 173, 200, 255])(
    'UWSGI-3 N1 modifier1 %i is closed without a reply',
    async (modifier) => {
      const outcome = await refused(packet(START, modifier));
      expect(outcome).toEqual({ status: 0, log: ['refused bad-modifier'] });
    },
  );

  it('UWSGI-4 they take 65,535 bytes of variables', async () => {
    const rest = 0xffff - START.length - sized('X').length - sized('').length;
    const bytes = packet(START + sized('X') + sized('v'.repeat(rest)));
    expect(String((await environFor(UWSGI, bytes)).environ.X)).toHaveLength(rest);
  });

  it.each([
    ['N3 no variables', packet(''), 400, 'no-variables'],
    ['N3 too short a size', packet(START, 0, START.length - 1), 400, 'bad-variables'],
    ['N3 the end before the size is reached', packet(START, 0, 60_000), 0, 'incomplete-head'],
    ['UWSGI-2 N4 a name beyond the packet', packet(`${START}\xff\xffX`), 400, 'bad-variables'],
    [
      'UWSGI-2 N4 a value beyond the packet',
      packet(`${START}${sized('X')}\x02\0v`),
      400,
      'bad-variables',
    ],
    ['UWSGI-2 N4 half a size', packet(`${START}\x01`), 400, 'bad-variables'],
    ['UWSGI-2 N4 a name without a value', packet(START + sized('X')), 400, 'bad-variables'],
    ['N4 an empty name', packet(START + sized('') + sized('v')), 400, 'empty-name'],
  ])('%s is refused', async (_, bytes, status, reason) => {
    expect(await refused(bytes)).toEqual({ status, log: [`refused ${reason}`] });
  });

  it('N5 CONTENT_LENGTH twice: 400', async () => {
    const bytes = request(UWSGI, [
      ['CONTENT_LENGTH', '5'],
      ['CONTENT_LENGTH', '6'],
    ]);
    expect(await refused(bytes)).toEqual({ status: 400, log: ['refused bad-content-length'] });
  });

  it('UWSGI-6 an empty CONTENT_LENGTH is none', async () => {
    const { environ, content } = await environFor(UWSGI, request(UWSGI, [['CONTENT_LENGTH', '']]));
    expect(content).toBe('');
    expect(environ).not.toHaveProperty('CONTENT_LENGTH');
  });

  it('UWSGI-14 chunked content that was received whole and is empty', async () => {
    const bytes = request(UWSGI, [
      ['REQUEST_METHOD', 'POST'],
      ['CONTENT_LENGTH', '0'],
      ['HTTP_TRANSFER_ENCODING', 'chunked'],
    ]);
    expect((await environFor(UWSGI, bytes)).environ.REQUEST_METHOD).toBe('POST');
  });
});

/** What a front end was seen to send. */
function sent(name: string): Buffer {
  const directory = new URL('../vectors/uwsgi/valid/', import.meta.url);
  const file = readdirSync(directory).find((entry) => entry.endsWith(`-${name}.uwsgi`));
  return readFileSync(new URL(String(file), directory));
}

describe('front ends, as they were seen', () => {
  it('UWSGI-10 nginx: the whole path in PATH_INFO', async () => {
    const { environ } = await environFor(UWSGI, sent('nginx-get'));
    expect(environ).toMatchObject({
      SCRIPT_NAME: '',
      PATH_INFO: '/w/a c/e;x=1/\xe2\x82\xac',
      QUERY_STRING: 'q=1%20&z',
      HTTP_X_DUP: '1, 2',
      HTTP_COOKIE: 'a=1; b=2',
      SERVER_NAME: 'example.com',
    });
    expect(environ).not.toHaveProperty('HTTP_PROXY');
  });

  it('UWSGI-10 nginx: divided at the mount point', async () => {
    const { environ } = await environFor(UWSGI, sent('nginx-get'), { scriptName: '/w' });
    expect([environ.SCRIPT_NAME, environ.PATH_INFO]).toEqual(['/w', '/a c/e;x=1/\xe2\x82\xac']);
  });

  it('UWSGI-5 nginx: a form, and an upload that is passed on as it arrives', async () => {
    expect((await environFor(UWSGI, sent('nginx-post'))).content).toBe('a=1&b=2');
    const { content } = await environFor(UWSGI, sent('nginx-unbuffered-big'));
    expect(content).toBe('x'.repeat(20_000));
  });

  it('UWSGI-14 nginx: chunks that were counted', async () => {
    const { environ, content } = await environFor(UWSGI, sent('nginx-chunked'));
    expect([content, environ.CONTENT_LENGTH]).toEqual(['hello', '5']);
    expect(environ).not.toHaveProperty('HTTP_TRANSFER_ENCODING');
  });

  it('UWSGI-11 Apache: the mount point is in SCRIPT_NAME', async () => {
    const { environ } = await environFor(UWSGI, sent('apache-get'));
    expect(environ).toMatchObject({
      SCRIPT_NAME: '/w',
      PATH_INFO: '/a c/e;x=1/\xe2\x82\xac',
      HTTP_AUTHORIZATION: 'Basic dTpw',
      HTTP_X_DUP: '1, 2',
    });
  });

  it('UWSGI-11 Apache: no slash stands in both SCRIPT_NAME and PATH_INFO', async () => {
    const { environ } = await environFor(UWSGI, sent('apache-exact'));
    expect([environ.SCRIPT_NAME, environ.PATH_INFO]).toEqual(['/w', '/']);
  });

  it('UWSGI-12 lighttpd: its SCGI module speaking uwsgi', async () => {
    const { environ } = await environFor(UWSGI, sent('lighttpd-get'));
    expect([environ.SCRIPT_NAME, environ.PATH_INFO]).toEqual(['/w', '/a c/e;x=1/\xe2\x82\xac']);
  });
});
