/** Applications that change their process, or make others. */
import { describe, expect, it } from 'vitest';
import { until } from '../../http/kit.ts';
import { descriptors, end, gone, isAlive, stage } from './kit.ts';

describe('an application that changes', () => {
  it.for([
    ['descriptors 0 to 2', 1],
    ['working directory', 3],
    ['umask', 1],
    ['locale', 3],
    ['signal handlers', 1],
    ['ignored signals', 1],
    ['path and environment', 3],
    ['recursion limit', 1],
    ['streams', 3],
    ['a profiler', 1],
  ] as const)('%s is served on, and stopped in order', async ([what, threads], context) => {
    const scene = await stage(context, 'faulty', { threads });
    const pid = await scene.worker();
    const path = `/unsettle?${what.replaceAll(' ', '%20')}`;
    expect(await scene.get(path)).toMatchObject({ status: 200, body: `${pid}` });
    for (let count = 0; count < 3; count++) {
      expect(await scene.get('/pid')).toMatchObject({ status: 200, body: `${pid}` });
    }
    expect((await scene.get('/leave?SystemExit')).status).toBe(500);
    expect(await scene.get('/size')).toMatchObject({ status: 200, body: '0' });
    expect(scene.served).toEqual([pid]);
    await scene.app.close();
    const [ended] = scene.logged('worker ended');
    expect(ended?.fields).toMatchObject({ how: 'left by itself (exit code 0)' });
  });

  it('all descriptors is replaced', async (context) => {
    const files = {
      'web.py': `
import os
def app(environ, start_response):
    start_response('200 OK', [])
    if environ['PATH_INFO'] == '/close':
        os.closerange(3, 1000)
    return [b'fine']
`,
    };
    for (const threads of [1, 3]) {
      const scene = await stage(context, 'web', { files, threads });
      const [pid = 0] = scene.served;
      expect((await scene.get('/close')).status).toBe(502);
      expect(await scene.get('/')).toMatchObject({ status: 200, body: 'fine' });
      await gone([pid]);
      expect(scene.served).toHaveLength(2);
      expect(scene.printed).toContain('closed a file descriptor that is not its own');
    }
  });
});

describe('an application that forks', () => {
  it.for([
    ['sleep', 1],
    ['sleep', 3],
    ['exec', 1],
    ['native', 1],
  ] as const)(
    'a child that keeps everything open (%s), and dies: noticed',
    async ([way, threads], context) => {
      const scene = await stage(context, 'faulty', { threads });
      const [pid = 0] = scene.served;
      const child = Number((await scene.get(`/fork?${way}`)).body);
      context.onTestFinished(() => end(child));
      expect(isAlive(child)).toBe(true);
      expect(await scene.get('/pid')).toMatchObject({ body: `${pid}` });
      const waiting = scene.get('/wait');
      await until('it to begin', () => scene.lines('begun').length === 1);
      process.kill(pid, 'SIGKILL');
      expect((await waiting).status).toBe(502);
      expect(await scene.get('/pid')).toMatchObject({ status: 200, body: `${scene.served[1]}` });
      expect(isAlive(child)).toBe(true);
    },
  );

  it.for([
    ['return', 1],
    ['return', 3],
    ['raise', 1],
    ['sys.exit', 1],
    ['sys.exit', 3],
  ] as const)(
    'a child that comes back as a worker (%s) ends, and answers nothing',
    async ([way, threads], context) => {
      const scene = await stage(context, 'faulty', { threads });
      const [pid = 0] = scene.served;
      // Requests that wait in the worker are there in the child, too.
      for (let count = 0; count < 50; count++) await scene.get('/pid');
      const answers = await Promise.all([
        scene.get(`/fork?${way}`),
        ...Array.from({ length: 10 }, () => scene.get('/noted')),
      ]);
      const [child] = scene.lines('children').map(Number);
      for (const { status } of answers) expect(status).toBe(200);
      expect(answers[0]?.body).toBe(`${child}`);
      await gone([child as number]);
      expect(scene.lines('noted')).toEqual(Array.from({ length: 10 }, () => `${pid}`));
      const complaint = 'a child that the application forked';
      if (way === 'sys.exit') expect(scene.printed).not.toContain(complaint);
      else await until('a complaint', () => scene.printed.includes(complaint));
      expect(scene.printed).not.toContain('Traceback');
      expect(scene.served).toEqual([pid]);
    },
  );

  it('leaves nothing open in the server', async (context) => {
    const scene = await stage(context, 'faulty');
    await scene.get('/pid');
    const before = descriptors();
    for (let count = 0; count < 3; count++) {
      const child = Number((await scene.get('/fork?sleep')).body);
      const pid = scene.served.at(-1) as number;
      process.kill(pid, 'SIGKILL');
      await scene.worker(count + 1);
      end(child);
    }
    expect((await scene.get('/pid')).status).toBe(200);
    await until('descriptors to be closed', () => descriptors() <= before + 1);
  });
});
