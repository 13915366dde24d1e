/** Applications that cannot be loaded, are slow to load, or end as soon as they serve. */
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../src/gateways/options.ts';
import { type Answer, until } from '../../http/kit.ts';
import { gone, isAlive, type Scene, stage } from './kit.ts';

const NOT_LOADED = 'the application could not be loaded';

/** An application that answers with a text, after what `prelude` does. */
const app = (text: string, prelude = '') => `
import os, time
with open('starts', 'a') as file:
    file.write(f'{os.getpid()}\\n')
${prelude}
def app(environ, start_response):
    start_response('200 OK', [])
    return [b'${text}']
`;

/** Asks until the answer is as expected. */
async function eventually(scene: Scene, path: string, body: string): Promise<void> {
  for (let answer = ''; answer !== body; ) {
    ({ body: answer } = await scene.get(path));
    expect(scene.log.lines.length).toBeLessThan(1_000);
  }
}

describe('at the start', () => {
  it.for<[string, string, RegExp]>([
    ['a syntax error', 'def app(:\n', /web\.py.*line 1|SyntaxError/],
    ['an exception', "raise OSError('no database')\n", /OSError: no database/],
    ['a missing package', 'import no_such_package\n', /no_such_package/],
    ['os._exit', 'import os\nos._exit(7)\n', /ended with exit code 7/],
    ['a crash', 'import ctypes\nctypes.string_at(0)\n', /crashed in native code \(SIGSEGV\)/],
    ['an own SIGKILL', 'import os\nos.kill(os.getpid(), 9)\n', /SIGKILL/],
    ['words and os._exit', "import os\nprint('no licence')\nos._exit(1)\n", /no licence/],
  ])('%s: one message', async ([, source, expected], context) => {
    const scene = await stage(context, 'web', { files: { 'web.py': source }, asking: true });
    const error = await scene.app.ready.then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toMatch(/^web could not be loaded: /);
    expect((error as Error).message).toMatch(expected);
    expect((error as Error).message).not.toMatch(/wizgi_worker|importlib|^\s+at /m);
    expect(scene.log.loud.filter((line) => line.startsWith('error'))).toEqual([]);
    expect(await scene.get('/')).toMatchObject({ status: 503 });
  });

  it('the same for whoever serves without waiting: 503, until it can be loaded', async (context) => {
    const scene = await stage(context, 'web', {
      files: { 'web.py': 'import no_such_package\n' },
      impatient: true,
    });
    const client = await scene.server.client();
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await client.answer()).toMatchObject({
      status: 503,
      headers: expect.objectContaining({ 'retry-after': '1' }),
    });
    const line = await scene.untilLogged(NOT_LOADED);
    expect(line.fields).toMatchObject({ target: 'web', again: 'in 1 s' });
    scene.write('web.py', app('mended'));
    await scene.app.ready.catch(() => undefined);
    await scene.worker();
    expect((await scene.get('/')).body).toBe('mended');
  });

  it('tries again ever more rarely', async (context) => {
    const files = { 'web.py': app('never', "raise OSError('no database')") };
    const scene = await stage(context, 'web', { files, impatient: true, workers: 4 });
    await scene.untilLogged(NOT_LOADED, 2);
    expect(scene.logged(NOT_LOADED).map(({ fields }) => fields['again'])).toEqual([
      'in 1 s',
      'in 2 s',
    ]);
    // One at a time, as long as none has shown that it works.
    expect(scene.lines('starts')).toHaveLength(2);
  });

  it('requests wait for an application that is slow to load', async (context) => {
    const files = { 'web.py': app('slow', "while not os.path.exists('go'): time.sleep(0.01)") };
    const scene = await stage(context, 'web', { files, impatient: true });
    const answers = Promise.all(Array.from({ length: 50 }, () => scene.get('/')));
    await until('the application to be under way', () => scene.lines('starts').length === 1);
    let ready = false;
    void scene.app.ready.then(() => {
      ready = true;
    });
    expect(ready).toBe(false);
    scene.write('go', '');
    for (const answer of await answers) expect(answer).toMatchObject({ status: 200, body: 'slow' });
    expect(ready).toBe(true);
  });

  it('is given up when the server stops meanwhile', async (context) => {
    const files = { 'web.py': app('never', 'time.sleep(60)') };
    const scene = await stage(context, 'web', { files, impatient: true, gracefulTimeout: 60 });
    const [pid] = await until('it to be under way', () => {
      const starts = scene.lines('starts');
      return starts.length === 1 && starts.map(Number);
    });
    const answer = scene.get('/');
    const before = performance.now();
    await scene.app.close();
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(isAlive(pid as number)).toBe(false);
    expect((await answer).status).toBe(503);
  });
});

describe('a reload', () => {
  it('of what cannot be loaded changes nothing, and can be repeated', async (context) => {
    const files = { 'web.py': app('before') };
    const scene = await stage(context, 'web', { files, workers: 2 });
    await scene.worker(1);
    const old = scene.living;
    scene.write('web.py', 'import no_such_package\n');
    await expect(scene.app.reload()).rejects.toThrow(/^web could not be loaded: .*no_such_package/);
    expect(scene.living).toEqual(old);
    expect((await scene.get('/')).body).toBe('before');
    expect(scene.log.loud.filter((line) => line.startsWith('error'))).toEqual([]);
    scene.write('web.py', app('afterwards, mended'));
    await scene.app.reload();
    await gone(old);
    expect((await scene.get('/')).body).toBe('afterwards, mended');
    expect(scene.living).toHaveLength(2);
  });

  it('does not wait for ever for a request that never ends', async (context) => {
    const scene = await stage(context, 'faulty', { timeout: 0, gracefulTimeout: 0.5 });
    const answer = scene.get('/spin');
    const pid = Number(await until('it to begin', () => scene.lines('begun')[0]));
    await scene.app.reload();
    expect((await answer).status).toBe(502);
    await gone([pid]);
    expect((await scene.get('/pid')).status).toBe(200);
    expect(scene.living).toHaveLength(1);
  });

  it.for([
    [2, 3],
    [3, 2],
  ])(
    'while a worker dies leaves as many as there should be: start %i serves first',
    async (order, context) => {
      const wait = `
number = open('starts').read().split().index(str(os.getpid())) + 1
while number > 1 and not os.path.exists(f'go {number}'):
    time.sleep(0.01)`;
      const scene = await stage(context, 'web', { files: { 'web.py': app('x', wait) } });
      const old = await scene.worker();
      const reloading = scene.app.reload();
      await until('the successor to be under way', () => scene.lines('starts').length === 2);
      process.kill(old, 'SIGKILL');
      await until('another one to be under way', () => scene.lines('starts').length === 3);
      scene.write(`go ${order[0]}`, '');
      await scene.worker(1);
      scene.write(`go ${order[1]}`, '');
      await reloading;
      const ended = await scene.untilLogged('worker ended');
      expect(ended.fields['reason']).toBe('surplus');
      expect(scene.lines('starts').map(Number).filter(isAlive)).toHaveLength(1);
      expect((await scene.get('/')).status).toBe(200);
    },
  );
});

describe('a file that changes, with `reload`', () => {
  it('and cannot be loaded: the workers serve on, until it is mended', async (context) => {
    const files = { 'web.py': app('before') };
    const scene = await stage(context, 'web', { files, reload: true });
    scene.write('web.py', 'import no_such_package\n');
    const line = await scene.untilLogged('not reloaded; the workers serve on');
    expect(String(line.fields['error'])).toContain('no_such_package');
    expect((await scene.get('/')).body).toBe('before');
    scene.write('web.py', app('mended'));
    await eventually(scene, '/', 'mended');
    await until('one to be left', () => scene.living.length === 1);
    expect(scene.log.loud.filter((text) => text.startsWith('error'))).toHaveLength(1);
  });
});

describe('a replacement that cannot be loaded', () => {
  it.for([
    ['max-requests', { maxRequests: 5 }],
    ['max-rss', { maxRss: 1, timeout: 4 }],
  ] as const)(
    '%s: the old worker serves on; it is tried again ever more rarely',
    async ([, options], context) => {
      const files = { 'web.py': app('before') };
      const scene = await stage(context, 'web', { files, ...options });
      const starts = scene.lines('starts').length;
      const began = performance.now();
      scene.write('web.py', app('', "raise OSError('no database')"));
      for (let count = 0; count < 60; count++) await scene.get('/');
      const line = await scene.untilLogged(NOT_LOADED);
      expect(String(line.fields['error'])).toContain('no database');
      for (let count = 0; count < 60; count++) {
        expect(await scene.get('/')).toMatchObject({ status: 200, body: 'before' });
      }
      const failed = scene.logged(NOT_LOADED).length;
      // After 1, 2, 4 s and so on; what comes at once would be hundreds.
      const seconds = (performance.now() - began) / 1000;
      expect(failed).toBeLessThanOrEqual(3 + Math.log2(1 + seconds));
      expect(scene.lines('starts').length - starts).toBeLessThanOrEqual(failed + 1);
      scene.write('web.py', app('mended'));
      await eventually(scene, '/', 'mended');
    },
  );
});

describe('workers that die as soon as they serve', () => {
  const dies = `
import os, threading, time
with open('starts', 'a') as file:
    file.write(f'{os.getpid()}\\n')
def die():
    while not os.path.exists(f'serves {os.getpid()}'):
        time.sleep(0.01)
    os._exit(9)
threading.Thread(target=die).start()
def app(environ, start_response):
    start_response('200 OK', [])
    return [b'alive']
`;

  it('are started again ever more rarely; meanwhile 503, then all is well', async (context) => {
    const scene = await stage(context, 'web', { files: { 'web.py': dies } });
    const killing = setInterval(() => {
      for (const pid of scene.served) scene.write(`serves ${pid}`, '');
    }, 10);
    context.onTestFinished(() => clearInterval(killing));
    let answer: Answer;
    do {
      const client = await scene.server.client();
      client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      answer = await client.answer();
    } while (answer.status !== 503);
    expect(answer.headers).toMatchObject({ 'retry-after': '1' });
    const died = scene.logged('worker died');
    expect(died[0]?.fields['how']).toBe('ended with exit code 9');
    // The first few come at once; then there is none for a while.
    expect(died.length).toBeGreaterThanOrEqual(4);
    expect(scene.lines('starts')).toHaveLength(died.length);
    scene.write('web.py', app('mended'));
    await eventually(scene, '/', 'mended');
    expect(scene.living).toHaveLength(1);
  });
});

describe('closing', () => {
  it('ends requests that wait with 503, and later ones', async (context) => {
    const scene = await stage(context, 'faulty');
    const running = scene.get('/wait');
    await until('it to begin', () => scene.lines('begun').length === 1);
    const waiting = Array.from({ length: 5 }, () => scene.get('/pid'));
    const pid = await scene.worker();
    const closing = [scene.app.close(), scene.app.close()];
    for (const answer of await Promise.all(waiting)) expect(answer.status).toBe(503);
    scene.write('go', '');
    expect(await running).toMatchObject({ status: 200, body: `${pid}` });
    await Promise.all(closing);
    expect(isAlive(pid)).toBe(false);
    expect((await scene.get('/pid')).status).toBe(503);
  });
});
