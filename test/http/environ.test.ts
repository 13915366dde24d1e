import { describe, expect, it } from 'vitest';
import type { Environ } from '../../src/wsgi/types.ts';
import { answering, get, start } from './kit.ts';

/** The environ of a request with these fields. */
async function environOf(fields: string, path = '/', head = ''): Promise<Environ> {
  let seen: Environ | undefined;
  const server = await start(
    answering((environ) => {
      seen = { ...environ };
      return 'x';
    }),
  );
  const client = await server.client();
  client.send(head === '' ? get(path, fields) : head);
  expect((await client.answer()).status).toBe(200);
  return seen as Environ;
}

const http = (environ: Environ) =>
  Object.fromEntries(
    Object.entries(environ).filter(([key]) => key.startsWith('HTTP_') && key !== 'HTTP_HOST'),
  );

describe('what a client may not write into environ', () => {
  it('I1 Proxy is dropped', async () => {
    expect(http(await environOf('Proxy: http://evil:3128\r\npRoXy: x\r\n'))).toEqual({});
  });

  it.each([
    'X-Forwarded-For: 10.0.0.1\r\nX_Forwarded_For: 6.6.6.6\r\n',
    'X_Forwarded_For: 6.6.6.6\r\nX-Forwarded-For: 10.0.0.1\r\n',
  ])('I2 an underscore is no hyphen: %j', async (fields) => {
    expect(http(await environOf(fields))).toEqual({ HTTP_X_FORWARDED_FOR: '10.0.0.1' });
  });

  it('I3 I4 names with anything but letters, digits and hyphens are dropped', async () => {
    const environ = await environOf(
      'X_Auth_User: root\r\nX.Auth.User: root\r\nContent_Length: 5\r\nContent_Type: x\r\nTransfer_Encoding: chunked\r\n',
    );
    expect(http(environ)).toEqual({});
    expect(environ.CONTENT_LENGTH).toBeUndefined();
    expect(environ.CONTENT_TYPE).toBeUndefined();
  });

  it('I5 no key without prefix comes from a field', async () => {
    const environ = await environOf(
      'REMOTE_USER: root\r\nSCRIPT_NAME: /admin\r\nPATH_INFO: /admin\r\nHTTPS: on\r\nwsgi.url_scheme: https\r\nwsgi.input: x\r\nRemote-User: root\r\n',
    );
    expect(environ).toMatchObject({
      SCRIPT_NAME: '',
      PATH_INFO: '/',
      'wsgi.url_scheme': 'http',
      HTTP_HTTPS: 'on',
      HTTP_REMOTE_USER: 'root',
    });
    expect(environ.REMOTE_USER).toBeUndefined();
    expect(environ.HTTPS).toBeUndefined();
    expect(environ['wsgi.input'].read).toBeTypeOf('function');
  });

  it('I6 I11 forwarding and overriding fields change nothing', async () => {
    const environ = await environOf(
      'X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Port: 1\r\nX-Forwarded-Prefix: /p\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nX-Script-Name: /p\r\nX-Original-URL: /admin\r\nX-Rewrite-URL: /admin\r\nX-HTTP-Method-Override: DELETE\r\n',
    );
    expect(environ).toMatchObject({
      REQUEST_METHOD: 'GET',
      SCRIPT_NAME: '',
      PATH_INFO: '/',
      REMOTE_ADDR: '127.0.0.1',
      SERVER_NAME: '127.0.0.1',
      HTTP_HOST: 'a',
      'wsgi.url_scheme': 'http',
    });
  });

  it('I12 several Cookie fields are joined by a semicolon', async () => {
    expect((await environOf('Cookie: a=1\r\nCookie: b=2\r\n')).HTTP_COOKIE).toBe('a=1; b=2');
  });

  it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'then', '__proto__x'])(
    'I13 S3 a field named %s is data, or dropped',
    async (name) => {
      const environ = await environOf(`${name}: polluted\r\n`, `/?${name}=polluted`);
      expect(Object.values(http(environ))).toEqual(name.includes('_') ? [] : ['polluted']);
      expect(environ.QUERY_STRING).toBe(`${name}=polluted`);
      expect(({} as { polluted?: string }).polluted).toBeUndefined();
      expect(typeof environ.toString).toBe('function');
    },
  );

  it('I14 ENV-16 repeated fields are joined in order', async () => {
    expect((await environOf('X-A: 1\r\nX-B: 0\r\nx-a: 2\r\n')).HTTP_X_A).toBe('1, 2');
  });

  it('I15 I16 the path is decoded once, to bytes; REQUEST_URI keeps the original', async () => {
    const environ = await environOf('', '/%C3%A9/a%2fb/%252e/%zz?q=%20');
    expect(environ).toMatchObject({
      PATH_INFO: '/\u00c3\u00a9/a/b/%2e/%zz',
      QUERY_STRING: 'q=%20',
      REQUEST_URI: '/%C3%A9/a%2fb/%252e/%zz?q=%20',
      RAW_URI: '/%C3%A9/a%2fb/%252e/%zz?q=%20',
    });
  });

  it('I17 each request has a fresh environ', async () => {
    const server = await start(
      answering((environ) => {
        const text = `${environ['wsgi.x']} ${environ.REQUEST_METHOD} ${typeof environ['wsgi.input']}`;
        environ['wsgi.x'] = 'changed';
        for (const key of Object.keys(environ)) if (key !== 'wsgi.x') delete environ[key];
        return text;
      }),
    );
    const client = await server.client();
    client.send(get() + get());
    for (let round = 0; round < 2; round++) {
      expect((await client.answer()).body).toBe('undefined GET object');
    }
  });

  it('I18 input is dead when its request is over', async () => {
    let kept: Environ | undefined;
    const server = await start(
      answering((environ) => {
        kept ??= environ;
        return 'x';
      }),
    );
    const client = await server.client();
    const request = (body: string) =>
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    client.send(request('first'));
    await client.answer();
    client.send(request('second'));
    await client.answer();
    expect(() => kept?.['wsgi.input'].read()).toThrow('after the request ended');
    await expect(kept?.['wizgi.input']?.read()).rejects.toThrow('after the request ended');
  });

  it('C20 a decoded CRLF reaches neither a header nor a log', async () => {
    const environ = await environOf('', '/a%0d%0aSet-Cookie:%20x=1');
    expect(environ.PATH_INFO).toBe('/a\r\nSet-Cookie: x=1');
    expect(environ.REQUEST_URI).toBe('/a%0d%0aSet-Cookie:%20x=1');
  });

  it('ENV-29 an absolute target stands in for Host', async () => {
    const environ = await environOf('', '', 'GET http://b:9/p?q HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(environ).toMatchObject({ HTTP_HOST: 'b:9', PATH_INFO: '/p', QUERY_STRING: 'q' });
  });
});
