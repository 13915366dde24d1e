import { describe, expect, it, onTestFinished } from 'vitest';
import { testClient } from '../../src/testing/client.ts';
import { balance } from '../../src/upstream/balance.ts';
import { forward } from '../../src/upstream/forward.ts';
import { isStreaming, pipeline } from '../../src/wsgi/application.ts';
import { hostedIn } from '../../src/wsgi/hosted.ts';
import { mount } from '../../src/wsgi/mount.ts';
import type { Middleware } from '../../src/wsgi/types.ts';
import { httpUpstream } from './servers.ts';

const echo = () =>
  httpUpstream((request, response) => {
    request.on('data', (data) => response.write(data));
    request.on('end', () => response.end(` ${request.method} ${request.url}`));
  });

/** Iterates with what every iterable has, and nothing that this driver knows. */
const lazy: Middleware = (app) => async (environ, startResponse) => {
  const body = await app(environ, startResponse);
  const blocks: (Uint8Array | string)[] = [];
  for await (const block of body) blocks.push(block);
  await body.close?.();
  return blocks;
};

describe('an upstream application', () => {
  it('is an application like any other', async () => {
    const app = forward((await echo()).url);
    onTestFinished(() => app.close());
    const client = testClient(app);
    expect((await client.get('/x?y')).text()).toBe(' GET /x?y');
    expect((await client.put('/z', { body: 'content' })).text()).toBe('content PUT /z');
    expect((await client.request('HEAD', '/')).text()).toBe('');
  });

  it('works behind middleware and beside others', async () => {
    const app = forward((await echo()).url);
    onTestFinished(() => app.close());
    const client = testClient(mount({ '/up': pipeline(lazy, app), '/': () => [] }));
    expect((await client.get('/up/x')).text()).toBe(' GET /x');
  });

  it('is known to the command, which ends it', async () => {
    const app = forward('http://127.0.0.1:1');
    expect(isStreaming(app)).toBe(true);
    expect(hostedIn(mount({ '/a': app }))).toEqual([app]);
    await app.ready;
    await app.reload();
    await app.close();
    await app.close();
  });
});

describe('mistakes', () => {
  it.each([
    ['127.0.0.1:80', "upstream '127.0.0.1:80': expected a URL such as"],
    ['ftp://a', "upstream 'ftp://a': 'ftp' is not spoken; the protocols are"],
    ['http://', "upstream 'http://': expected a URL such as"],
    ['http://a:99999', "upstream 'http://a:99999': expected a URL such as"],
    ['http://u:p@a', "upstream 'http://…@a': credentials cannot stand in the URL"],
    ['fastcgi://a:1/path', 'a path means nothing in fastcgi'],
    ['http://a/x?y', "'/x?y' cannot precede the paths of requests"],
    ['uwsgi://a', "the port is missing, as in 'uwsgi://a:9000'"],
  ])('%s', (url, message) => {
    expect(() => forward(url)).toThrow(message);
  });

  it.each([
    [{ forwarded: 'yes' }, 'expected one of x-forwarded, forwarded, both, none'],
    [{ root: 'www' }, 'expected an absolute path'],
    [{ index: 'a/b' }, 'expected the name of a file'],
    [{ split: '' }, 'expected the end of a file name'],
    [{ fallback: 'index.php' }, 'expected a path'],
    [{ via: 'a b' }, 'expected a name'],
    [{ host: 'a b' }, 'expected a host'],
    [{ conectTimeout: 1 } as object, "unknown option 'conectTimeout'"],
    [{ maxIdle: -1 }, "option 'maxIdle' (--upstream-max-idle) is -1; expected a whole number"],
  ])('%j', (options, message) => {
    expect(() => forward('http://a', options)).toThrow(message);
  });

  it('of balance()', () => {
    expect(() => balance([])).toThrow('there is no upstream');
    expect(() => balance(['http://a', 'http://a'])).toThrow('http://a stands there twice');
    expect(() => balance([{ url: 'http://a', weight: 0 }])).toThrow('the weight of http://a is 0');
    expect(() => balance(['http://a'], { key: 'X' })).toThrow("only used with the method 'hash'");
    expect(() => balance(['http://a'], { method: 'hash', key: 'X_Y' })).toThrow(
      'is no name of a request header',
    );
    expect(() => balance(['http://a'], { method: 'best' })).toThrow('expected one of');
  });
});
