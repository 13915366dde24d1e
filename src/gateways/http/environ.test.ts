import { describe, expect, it } from 'vitest';
import { type RequestHead, RequestParser } from '../../protocols/http1/index.ts';
import { decodePath } from '../../wsgi/environ.ts';
import { TextErrorStream } from '../../wsgi/error-stream.ts';
import { Input } from '../../wsgi/input.ts';
import type { ServerFacts } from '../gateway.ts';
import type { ConnectionFacts } from '../peer.ts';
import { httpEnviron, isMounted } from './environ.ts';

const connection: ConnectionFacts = {
  scheme: 'http',
  serverName: '127.0.0.1',
  serverPort: '8000',
  remoteAddress: '127.0.0.9',
  remotePort: '40000',
};
const server: ServerFacts = {
  scriptName: '',
  mounted: false,
  iisPathInfo: false,
  multithread: true,
  errors: new TextErrorStream({ write: () => undefined }),
  extra: [['my.setting', 'x']],
};
const input = new Input();

function parse(parser: RequestParser, text: string): RequestHead {
  parser.push(Buffer.from(text, 'latin1'));
  const event = parser.next();
  parser.next();
  if (event?.type !== 'head') throw new Error('not a head');
  return event;
}

describe('httpEnviron', () => {
  const environOf = (text: string, scriptName = '') =>
    httpEnviron(
      parse(new RequestParser(), text),
      connection,
      { ...server, scriptName },
      input,
      false,
      null,
    );

  it('ENV-16 joins repeated fields, cookies by a semicolon', () => {
    const environ = environOf(
      'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nCookie: a=1\r\nX: 2\r\nCookie: b=2\r\n\r\n',
    );
    expect(environ['HTTP_X']).toBe('1, 2');
    expect(environ['HTTP_COOKIE']).toBe('a=1; b=2');
  });

  it('ENV-17 and ENV-18 drop names that could stand in for others', () => {
    const environ = environOf(
      'GET / HTTP/1.1\r\nHost: a\r\nX_A: 1\r\nX.B: 1\r\nProxy: evil\r\n\r\n',
    );
    expect(Object.keys(environ).filter((key) => key.startsWith('HTTP_'))).toEqual(['HTTP_HOST']);
  });

  it('ENV-29 takes HTTP_HOST from an absolute-form target', () => {
    const environ = environOf('GET http://b:9/p?q HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(environ).toMatchObject({ HTTP_HOST: 'b:9', PATH_INFO: '/p', QUERY_STRING: 'q' });
  });

  it('ENV-6 divides the path at the mount point', () => {
    const request = (path: string) => `GET ${path} HTTP/1.0\r\n\r\n`;
    expect(environOf(request('/app'), '/app')).toMatchObject({
      SCRIPT_NAME: '/app',
      PATH_INFO: '',
    });
    expect(environOf(request('/%61pp/x'), '/app')).toMatchObject({ PATH_INFO: '/x' });
    expect(isMounted('/application', '/app')).toBe(false);
  });

  it('ENV-7 leaves malformed escapes as they are', () => {
    expect(decodePath('/%zz/%4/%41%2f%e9')).toBe('/%zz/%4/A/\u00e9');
  });
});
