/** Workers that are forked from a process which has loaded the application. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { cleanUp, project, startServer } from '../../cli/command.ts';
import { get, until } from '../../http/kit.ts';
import { need } from '../../interop/components.ts';
import {
  end,
  FIXTURES,
  gone,
  isAlive,
  isSlow,
  type Scene,
  type SceneOptions,
  stage,
} from './kit.ts';
import { load } from './load.ts';

afterEach(cleanUp);

/** The process that a worker was forked from. */
function templateOf(worker: number): number {
  const status = readFileSync(`/proc/${worker}/status`, 'latin1');
  return Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]);
}

type Context = Parameters<typeof stage>[0];

async function preload(
  context: Context,
  target: string,
  options: SceneOptions = {},
): Promise<{ scene: Scene; template: number }> {
  const scene = await stage(context, target, { preload: true, ...options });
  await scene.worker((options.workers ?? 1) - 1);
  const template = templateOf(scene.served[0] as number);
  return { scene, template };
}

describe('a forked worker', () => {
  it('that is killed under load: only requests that had begun fail; replaced at once', async (context) => {
    const { scene, template } = await preload(context, 'counted', { workers: 2 });
    const requests = load(scene.server.addresses[0] as string, '/slow', 16);
    const times: number[] = [];
    for (let round = 0; round < 2 || isSlow(times); round++) {
      const before = requests.answered.length;
      await until('answers', () => requests.answered.length > before + 50);
      const since = performance.now();
      process.kill(scene.served[round] as number, 'SIGKILL');
      times.push(await scene.replacedWithin(since, round + 3));
    }
    const { failed } = await requests.finish();
    expect(failed.size).toBeLessThanOrEqual(times.length);
    const begun = scene.lines('record').filter((line) => line.startsWith('begin'));
    expect(new Set(begun).size).toBe(begun.length);
    const died = scene.logged('worker died').map(({ fields }) => [fields['worker'], fields['how']]);
    expect(died).toEqual(
      scene.served.slice(0, times.length).map((pid) => [pid, 'killed by SIGKILL']),
    );
    expect(scene.living.map(templateOf)).toEqual([template, template]);
  });

  it.for<[string, RegExp]>([
    ['os._exit', /^ended with exit code 3$/],
    ['segfault', /^crashed in native code \(SIGSEGV\)/],
  ])('that ends by %s is explained', async ([way, how], context) => {
    const { scene } = await preload(context, 'faulty');
    expect((await scene.get(`/leave?${way}`)).status).toBe(502);
    expect((await scene.get('/pid')).status).toBe(200);
    expect(scene.logged('worker died')[0]?.fields['how']).toMatch(how);
    if (way !== 'os._exit') {
      expect(scene.printed).toMatch(/File ".*\/faulty.py", line \d+ in leave\n/);
    }
  });

  it('that loops: 504, its stack, replaced', async (context) => {
    const { scene } = await preload(context, 'faulty', { timeout: 2 });
    const [pid = 0] = scene.served;
    expect((await scene.get('/spin')).status).toBe(504);
    await gone([pid]);
    expect(scene.printed).toMatch(/File ".*\/faulty.py", line \d+ in spin\n/);
    expect((await scene.get('/pid')).status).toBe(200);
  });

  it('that is stopped while idle: its requests are answered by another one', async (context) => {
    const { scene } = await preload(context, 'faulty', { timeout: 2 });
    const [pid = 0] = scene.served;
    process.kill(pid, 'SIGSTOP');
    expect((await scene.get('/pid')).status).toBe(200);
    await gone([pid]);
  });

  it('that forks a child which keeps everything open, and dies: noticed', async (context) => {
    const { scene } = await preload(context, 'faulty');
    const [pid = 0] = scene.served;
    const child = Number((await scene.get('/fork?sleep')).body);
    context.onTestFinished(() => end(child));
    const client = await scene.server.client();
    client.send(get('/wait'));
    await until('it to begin', () => scene.lines('begun').length === 1);
    process.kill(pid, 'SIGKILL');
    expect((await client.answer()).status).toBe(502);
    expect((await scene.get('/pid')).status).toBe(200);
  });
});

describe('the process that workers are forked from', () => {
  it('killed: the workers serve on; the next one is forked from another', async (context) => {
    const { scene, template } = await preload(context, 'faulty', { workers: 2 });
    const old = scene.living;
    process.kill(template, 'SIGKILL');
    const line = await scene.untilLogged('the process that workers are forked from died');
    expect(line.fields).toMatchObject({ worker: template, how: 'killed by SIGKILL' });
    for (let count = 0; count < 5; count++) expect((await scene.get('/pid')).status).toBe(200);
    expect(scene.living).toEqual(old);
    process.kill(old[0] as number, 'SIGKILL');
    const successor = await scene.worker(2);
    expect(templateOf(successor)).not.toBe(template);
    const died = await scene.untilLogged('worker died');
    expect(died.fields['worker']).toBe(old[0]);
    expect(died.fields['how']).not.toMatch(/null/);
    await scene.app.close();
    await gone([...old, successor]);
  });

  it('killed together with its workers: all come back', async (context) => {
    const { scene, template } = await preload(context, 'faulty', { workers: 2 });
    const old = scene.living;
    for (const pid of [template, ...old]) process.kill(pid, 'SIGKILL');
    const answers = await Promise.all(Array.from({ length: 5 }, () => scene.get('/pid')));
    for (const { status } of answers) expect([200, 502]).toContain(status);
    await scene.worker(3);
    expect(scene.living).toHaveLength(2);
  });

  it('killed while it forks: tried again', async (context) => {
    const { scene, template } = await preload(context, 'faulty');
    const [pid = 0] = scene.served;
    process.kill(template, 'SIGSTOP');
    process.kill(pid, 'SIGKILL');
    await scene.untilLogged('worker died');
    const answer = scene.get('/pid');
    process.kill(template, 'SIGKILL');
    expect([200, 503]).toContain((await answer).status);
    await scene.worker(1);
    expect((await scene.get('/pid')).status).toBe(200);
  });

  it('that cannot load the application: one message; a reload that cannot changes nothing', async (context) => {
    const app = (text: string) =>
      `def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'${text}']\n`;
    const { scene, template } = await preload(context, 'web', {
      files: { 'web.py': app('before') },
      workers: 2,
    });
    const old = scene.living;
    scene.write('web.py', "raise OSError('no database')\n");
    await expect(scene.app.reload()).rejects.toThrow(
      /^web could not be loaded: [\s\S]*no database/,
    );
    expect(scene.living).toEqual(old);
    expect((await scene.get('/')).body).toBe('before');
    scene.write('web.py', app('mended'));
    await scene.app.reload();
    await gone([...old, template]);
    expect((await scene.get('/')).body).toBe('mended');
  });

  it('that writes garbage on its channel: said, and the server lives', async (context) => {
    const source = `
import os, stat
for name in os.listdir('/proc/self/fd'):
    try:
        if int(name) > 19 and stat.S_ISSOCK(os.fstat(int(name)).st_mode):
            os.write(int(name), bytes(64))
    except OSError:
        pass
def app(environ, start_response):
    start_response('200 OK', [])
    return [b'fine']
`;
    const scene = await stage(context, 'web', {
      files: { 'web.py': source },
      preload: true,
      impatient: true,
    });
    await expect(scene.app.ready).rejects.toThrow(/^web could not be loaded: /);
    expect((await scene.get('/')).status).toBe(503);
  });

  it('ends with the server, as do its workers', async (context) => {
    need('python3', context);
    const args = ['faulty', '--pythonpath', FIXTURES, '-w', '2', '--preload'];
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const server = startServer(args, { cwd: project({}) });
      const url = await server.listening();
      const pids = new Set<number>();
      while (pids.size < 2) {
        const answers = Array.from({ length: 4 }, async () =>
          Number(await (await fetch(`${url}/doze_pid`)).text()),
        );
        for (const pid of await Promise.all(answers)) pids.add(pid);
      }
      const all = [...pids, templateOf([...pids][0] as number)];
      context.onTestFinished(() => all.filter(isAlive).forEach(end));
      server.kill(signal);
      await gone(all);
      await server.exited;
    }
  });
});
