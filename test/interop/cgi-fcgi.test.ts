/** cgi-fcgi, which comes with the FastCGI library: a CGI script to its caller, a web server to us. */
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { serve } from '../../src/gateways/serve.ts';
import type { Application } from '../../src/wsgi/types.ts';
import { launch, need } from './components.ts';

/** Says what it got, and gives the content back in blocks. */
const app: Application = (environ, startResponse) => {
  startResponse('201 Created', [['Content-Type', 'text/plain']]);
  const { REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING } = environ;
  const said = [REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING].join(' ');
  return [`${said}\n`, ...environ['wsgi.input'].readlines()];
};

describe('cgi-fcgi', () => {
  it.for([
    ['without content', ''],
    ['with content', 'a line\n'.repeat(50_000)],
  ] as const)('gets an answer to a request %s', async ([, content], context) => {
    const program = need('cgi-fcgi', context);
    const server = await serve(app, { bind: ['fastcgi://127.0.0.1:0'] });
    const child = launch(
      program,
      ['-bind', '-connect', server.addresses[0]?.replace('fastcgi://', '') ?? ''],
      {
        env: {
          GATEWAY_INTERFACE: 'CGI/1.1',
          REQUEST_METHOD: 'POST',
          SCRIPT_NAME: '/app',
          PATH_INFO: '/path',
          QUERY_STRING: 'a=b',
          SERVER_PROTOCOL: 'HTTP/1.1',
          CONTENT_LENGTH: String(content.length),
        },
      },
    );
    let output = '';
    child.stdout?.setEncoding('latin1').on('data', (text: string) => {
      output += text;
    });
    child.stdin?.end(content);
    expect(await once(child, 'close')).toEqual([0, null]);
    const [head = '', body] = output.split('\r\n\r\n');
    expect(head).toMatch(/^Status: 201 Created\r\n/);
    expect(body).toBe(`POST /app /path a=b\n${content}`);
    await server.close();
  });
});
