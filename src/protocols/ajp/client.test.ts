import { describe, expect, test } from 'vitest';
import * as packets from '../../../test/ajp/packets.ts';
import type { Pieces } from '../answer.ts';
import type { Variables } from '../cgi/variables.ts';
import type { ClientEvent } from '../client-codec.ts';
import { AjpClient, CPING } from './client.ts';
import { AjpRequestParser } from './request-parser.ts';

const REQUEST = {
  REQUEST_METHOD: 'GET',
  SCRIPT_NAME: '/app',
  PATH_INFO: '/a b',
  QUERY_STRING: 'q=1',
  REQUEST_URI: '/app/a%20b?q=1',
  SERVER_PROTOCOL: 'HTTP/1.1',
  SERVER_NAME: 'example.com',
  SERVER_PORT: '80',
  REMOTE_ADDR: '192.0.2.7',
};

const variables = (more: Readonly<Record<string, string>> = {}): Variables => {
  const all = { ...REQUEST, ...more };
  return { names: Object.keys(all), values: Object.values(all) };
};

const bytes = (pieces: Pieces) =>
  Buffer.concat(pieces.map((piece) => Buffer.from(piece as string, 'latin1')));

/** What our own parser, which has tests of its own, makes of a request. */
function received(more: Readonly<Record<string, string>>, client = new AjpClient()) {
  const parser = new AjpRequestParser();
  parser.push(bytes(client.begin(variables(more))));
  const event = parser.next();
  if (event?.type !== 'head') throw new Error('no head');
  const { names, values } = event.variables;
  const environ = Object.fromEntries(names.map((name, index) => [name, values[index]]));
  return { ...event, environ };
}

test('AJP-8 CPing', () => {
  expect(bytes([CPING])).toEqual(packets.CPING);
});

test('AJP-12 the bytes of a request', () => {
  const client = new AjpClient({ secret: 'hush' });
  const request = client.begin(variables({ HTTP_HOST: 'a', HTTP_X_Y: 'z', REMOTE_HOST: 'peer' }));
  expect(bytes(request)).toEqual(
    packets.forward({
      uri: '/app/a%20b',
      remoteHost: 'peer',
      headers: [
        [0xa00b, 'a'],
        ['x-y', 'z'],
      ],
      attributes: [
        [12, 'hush'],
        [5, 'q=1'],
      ],
    }),
  );
});

describe('a request comes back as it went', () => {
  test('with all that AJP has a place for', () => {
    const more = {
      REQUEST_METHOD: 'BREW',
      HTTPS: 'on',
      SERVER_PORT: '443',
      REMOTE_USER: 'joe',
      AUTH_TYPE: 'BASIC',
      REMOTE_PORT: '4711',
      SERVER_ADDR: '192.0.2.1',
      SSL_PROTOCOL: 'TLSv1.3',
      SSL_CIPHER: 'TLS_AES_256',
      SSL_CIPHER_USEKEYSIZE: '256',
      SSL_SESSION_ID: 'abcd',
      SSL_CLIENT_CERT: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      CONTENT_TYPE: 'text/plain',
      CONTENT_LENGTH: '0',
      HTTP_COOKIE: 'a=1',
      HTTP_X_LAT: '\xe9',
      HTTP_X_EMPTY: '',
    };
    const { SCRIPT_NAME, PATH_INFO, ...rest } = { ...REQUEST, ...more };
    const { environ, secret } = received(more, new AjpClient({ secret: 'hush' }));
    expect(environ).toEqual({ ...rest, SCRIPT_NAME: '', PATH_INFO: SCRIPT_NAME + PATH_INFO });
    expect(secret).toBe('hush');
  });

  test.each([
    ['a path that middleware changed', { PATH_INFO: '/other' }, '/app/other'],
    ['an absolute target', { REQUEST_URI: 'http://a/app/a%20b' }, '/app/a%20b'],
    ['no target', { REQUEST_URI: '' }, '/app/a%20b'],
    ['octets', { PATH_INFO: '/\xe9?#%', REQUEST_URI: '' }, '/app/%E9%3F%23%25'],
    ['another spelling', { REQUEST_URI: '/%61pp/a%20b' }, '/%61pp/a%20b'],
    ['no path', { SCRIPT_NAME: '', PATH_INFO: '', REQUEST_URI: '/x' }, '/'],
    [
      'the server',
      { REQUEST_METHOD: 'OPTIONS', SCRIPT_NAME: '', PATH_INFO: '', REQUEST_URI: '*' },
      '*',
    ],
  ])('AJP-23 %s', (_, more, path) => {
    expect(received({ ...more, QUERY_STRING: '' }).environ['REQUEST_URI']).toBe(path);
  });

  test('headers of this hop, and what stands twice, are left out', () => {
    const { environ } = received({
      HTTP_CONTENT_LENGTH: '7',
      HTTP_CONTENT_TYPE: 'a/b',
      CONTENT_LENGTH: '',
      CONTENT_TYPE: '',
    });
    expect(Object.keys(environ).filter((name) => /CONTENT|HTTP_/.test(name))).toEqual([]);
  });
});

describe('what cannot be carried', () => {
  test.each([
    ['a request larger than a packet', { HTTP_X: 'y'.repeat(8192) }, 'request-head-too-large', 431],
    ['a control character', { HTTP_X: 'a\r\nb' }, 'bad-variable', 400],
    ['a code unit that is no octet', { PATH_INFO: '/\u20ac' }, 'bad-variable', 400],
    ['a length that is none', { CONTENT_LENGTH: '+5' }, 'bad-content-length', 400],
  ])('%s', (_, more, code, status) => {
    expect(() => new AjpClient().begin(variables(more))).toThrowError(
      expect.objectContaining({ name: 'ProtocolError', code, status }),
    );
  });
});

describe('content', () => {
  const head = packets.answer(Buffer.from('\x04\0\xc8\0\x02OK\0\0\0', 'latin1'));
  const ended = packets.answer([5, 1]);
  const ask = (size: number) => packets.answer([6, size >> 8, size & 0xff]);
  const next = (client: AjpClient, ...said: Buffer[]): ClientEvent | null => {
    for (const packet of said) client.push(packet);
    return client.next();
  };

  test('AJP-30 with a length, the first packet comes unasked', () => {
    const client = new AjpClient();
    client.begin(variables({ CONTENT_LENGTH: '5' }));
    expect(client.next()).toEqual({ type: 'want', size: 5 });
    expect(bytes(client.content(Buffer.from('hello')))).toEqual(packets.content('hello'));
    expect(bytes(client.contentEnd())).toHaveLength(0);
    expect(client.next()).toBeNull();
  });

  test('AJP-3 AJP-33 no packet is larger than a packet may be', () => {
    const client = new AjpClient();
    client.begin(variables({ CONTENT_LENGTH: '10000' }));
    expect(client.next()).toEqual({ type: 'want', size: 8186 });
    expect(bytes(client.content(Buffer.alloc(8186)))).toHaveLength(8192);
    expect(next(client, ask(0xffff))).toEqual({ type: 'want', size: 8186 });
    expect(() => client.content(Buffer.alloc(8187))).toThrow(RangeError);
    expect(() => client.content(Buffer.alloc(8186))).not.toThrow();
    expect(() => client.content(Buffer.alloc(1))).toThrow(RangeError);
  });

  test('AJP-32 AJP-35 without a length, every packet is asked for, the last one empty', () => {
    const client = new AjpClient();
    const begun = client.begin(variables({ HTTP_TRANSFER_ENCODING: 'chunked' }));
    const parser = new AjpRequestParser();
    parser.push(bytes(begun));
    expect(parser.next()).toMatchObject({ type: 'head', contentLength: -1 });
    expect(client.next()).toBeNull();
    expect(bytes(client.contentEnd())).toHaveLength(0);
    expect(next(client, ask(100))).toEqual({ type: 'want', size: 100 });
    expect(bytes(client.content(Buffer.from('ab')))).toEqual(packets.content('ab'));
    expect(next(client, ask(100))).toEqual({ type: 'want', size: 100 });
    expect(bytes(client.contentEnd())).toEqual(packets.NO_CONTENT);
  });

  test('AJP-31 a request without content has none to send', () => {
    const client = new AjpClient();
    client.begin(variables());
    expect(client.next()).toBeNull();
  });

  test.each([
    ['that was never sent', []],
    ['that was asked for and not sent', [ask(5)]],
  ])('AJP-37 a connection is not used again after content %s', (_, asked) => {
    const client = new AjpClient();
    const length = asked.length === 0 ? { CONTENT_LENGTH: '5' } : {};
    client.begin(variables(length));
    if (asked.length === 0) expect(client.next()).toMatchObject({ type: 'want' });
    else expect(next(client, ...asked)).toMatchObject({ type: 'want' });
    expect(next(client, head)).toMatchObject({ type: 'head', status: 200 });
    expect(next(client, ended)).toEqual({ type: 'end', reusable: false });
  });

  test('AJP-11 one request after another', () => {
    const client = new AjpClient();
    for (let round = 0; round < 3; round++) {
      client.begin(variables({ CONTENT_LENGTH: '2' }));
      expect(client.next()).toEqual({ type: 'want', size: 2 });
      client.content(Buffer.from('ab'));
      expect(next(client, head)).toMatchObject({ type: 'head' });
      expect(next(client, ended)).toEqual({ type: 'end', reusable: true });
    }
  });
});
