import { describe, expect, it, vi } from 'vitest';
import { testClient } from '../testing/client.ts';
import { isStreaming, streaming } from './application.ts';
import { mount } from './mount.ts';
import type { Application, Body, Environ } from './types.ts';
import { setupTestingDefaults } from './util.ts';

/** Answers with its name and where it thinks that it is. */
function named(name: string): Application {
  return (environ, startResponse) => {
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    return [`${name} ${environ.SCRIPT_NAME}|${environ.PATH_INFO}`];
  };
}

const apps = { '/': named('site'), '/api': named('api'), '/api/v2/': named('v2') };

describe('mount', () => {
  it.each([
    ['/', 'site |/'],
    ['/x', 'site |/x'],
    ['/apis', 'site |/apis'],
    ['//api', 'site |//api'],
    ['/api', 'api /api|'],
    ['/api/', 'api /api|/'],
    ['/api/x/y', 'api /api|/x/y'],
    ['/api/v20', 'api /api|/v20'],
    ['/api/v2', 'v2 /api/v2|'],
    ['/api/v2//x', 'v2 /api/v2|//x'],
    ['/%61pi/x', 'api /api|/x'],
  ])('%s', async (target, text) => {
    const response = await testClient(mount(apps)).get(target);
    expect(response.text()).toBe(text);
  });

  it('goes on from where the server is mounted', async () => {
    const response = await testClient(mount(apps), { scriptName: '/base' }).get('/base/api/x');
    expect(response.text()).toBe('api /base/api|/x');
  });

  it('takes prefixes as text, which paths carry as UTF-8', async () => {
    const client = testClient(mount({ '/caf\u00e9': named('x') }));
    expect((await client.get('/caf%C3%A9/y')).text()).toBe('x /caf\u00c3\u00a9|/y');
    expect((await client.get('/caf%E9/y')).status).toBe(404);
  });

  it('answers 404 where nothing is mounted', async () => {
    const response = await testClient(mount({ '/api': named('api') })).get('/other');
    expect([response.status, response.text()]).toEqual([404, 'Not Found\n']);
  });

  it('gives what the application returned, as it is', () => {
    const body: Body = ['x'];
    const environ: Environ = setupTestingDefaults({ PATH_INFO: '/a/b' });
    const startResponse = vi.fn();
    expect(mount({ '/a': () => body })(environ, startResponse)).toBe(body);
    expect(startResponse).not.toHaveBeenCalled();
  });

  it('takes objects and classes too', async () => {
    const app = mount({ '/o': { call: named('object') } });
    expect((await testClient(app).get('/o')).text()).toBe('object /o|');
  });

  it('is marked as streaming when all applications are', () => {
    const marked = streaming(named('a'));
    expect(isStreaming(mount({ '/a': marked, '/b': streaming(named('b')) }))).toBe(true);
    expect(isStreaming(mount({ '/a': marked, '/b': named('b') }))).toBe(false);
  });

  it.each([
    [{}, 'mount: there is no application to mount'],
    [{ api: named('x') }, 'mount: the prefix "api" must be a path, as in \'/api\''],
    [{ '': named('x') }, 'mount: the prefix "" must be a path, as in \'/api\''],
    [{ '//a': named('x') }, 'mount: the prefix "//a" must be a path, as in \'/api\''],
    [{ '/a': named('x'), '/a/': named('y') }, 'mount: there are two applications at "/a"'],
    [{ '/a': 'text' as unknown as Application }, 'not a WSGI application'],
  ])('refuses what cannot be mounted: %j', (applications, message) => {
    expect(() => mount(applications)).toThrow(message);
  });
});
