/** Applications that end their process, or try to, or run out of what there is. */
import { describe, expect, it } from 'vitest';
import { until } from '../../http/kit.ts';
import { residentMemory, type Scene, stage } from './kit.ts';
import { load } from './load.ts';

/** Has the application leave in some way; gives the answer and the worker. */
async function leave(scene: Scene, way: string): Promise<{ status: number; pid: number }> {
  const count = scene.lines('begun').length;
  const { status } = await scene.get(`/leave?${way.replaceAll(' ', '%20')}`);
  return { status, pid: Number(scene.lines('begun')[count]) };
}

describe('what ends a worker', () => {
  it.for<[string, number, RegExp]>([
    ['os._exit', 1, /^ended with exit code 3$/],
    ['os._exit(0)', 3, /^left by itself \(exit code 0\)$/],
    ['os.abort', 1, /^aborted \(SIGABRT\)$/],
    ['segfault', 3, /^crashed in native code \(SIGSEGV\)/],
    ['kill', 1, /^killed by SIGKILL$/],
    ['execv', 3, /^left by itself \(exit code 0\)$/],
  ])(
    '%s: 502, one line that says so, and the next request is served',
    async ([way, threads, how], context) => {
      const scene = await stage(context, 'faulty', { threads });
      const { status, pid } = await leave(scene, way);
      expect(status).toBe(502);
      expect(await scene.get('/pid')).toMatchObject({ status: 200, body: `${scene.served[1]}` });
      const died = await scene.untilLogged('worker died');
      expect(died.fields).toMatchObject({ worker: pid, requestsLost: 1 });
      expect(died.fields['how']).toMatch(how);
      if (way === 'os.abort' || way === 'segfault') {
        expect(scene.printed).toMatch(/File ".*\/faulty.py", line \d+ in leave\n/);
      }
    },
  );
});

describe('what does not', () => {
  const ways: [string, string | null][] = [
    ['sys.exit', 'SystemExit: 3'],
    ['SystemExit', 'SystemExit'],
    ['KeyboardInterrupt', 'KeyboardInterrupt'],
    ['GeneratorExit', 'GeneratorExit'],
    ['BaseException', 'BaseException: base'],
    ['RecursionError', 'RecursionError: maximum recursion depth exceeded'],
    ['deep C recursion', 'RecursionError: maximum recursion depth exceeded'],
    ['long message', 'ValueError: xxx'],
    ['error without text', 'faulty.Unspeakable: <'],
    ['long header', 'ValueError: the response head exceeds 1048576 bytes'],
    ['sys.exit in a thread', null],
    ['error in a thread', null],
    ['SIGTERM', null],
  ];

  it.for([1, 3])('end a worker of %d threads', async (threads, context) => {
    const scene = await stage(context, 'faulty', { threads });
    const worker = await scene.worker();
    for (const [way, error] of ways) {
      const before = scene.logged('application error').length;
      const expected = { status: error === null ? 200 : 500, pid: worker };
      expect(await leave(scene, way), way).toEqual(expected);
      expect(await scene.get('/pid')).toMatchObject({ status: 200, body: `${worker}` });
      const errors = scene.logged('application error').slice(before);
      expect(errors).toHaveLength(error === null ? 0 : 1);
      const text = String(errors[0]?.fields['error']);
      if (error !== null) expect(text).toContain(error);
      expect(text.length).toBeLessThan(100_000);
    }
    expect(scene.served).toEqual([worker]);
  });
});

describe('memory', () => {
  it.for([
    [10_000_000, 1],
    [100_000, 3],
    [100, 1],
  ] as const)(
    'that is exhausted in pieces of %d: 500, the worker lives',
    async ([size, threads], context) => {
      const scene = await stage(context, 'faulty', { threads });
      const worker = await scene.worker();
      expect((await scene.get(`/exhaust?${size}`)).status).toBe(500);
      expect(await scene.get('/pid')).toMatchObject({ status: 200, body: `${worker}` });
      const [line] = scene.logged('application error');
      expect(String(line?.fields['error'])).toContain('MemoryError');
    },
  );

  it('that grows beyond max-rss: replaced, no request lost', async (context) => {
    const scene = await stage(context, 'faulty', { workers: 2, timeout: 5, maxRss: 60_000_000 });
    const requests = load(scene.server.addresses[0] as string, '/grow', 8);
    await until('workers to be replaced', () => scene.served.length > 4);
    const { answered, failed } = await requests.finish();
    expect([...failed]).toEqual([]);
    expect(answered.length).toBeGreaterThan(20);
    expect(scene.logged('worker died')).toEqual([]);
    const replaced = scene.logged('worker is replaced: it takes too much memory');
    const pids = replaced.map(({ fields }) => fields['worker']);
    // One line each, however long the successor takes.
    expect(new Set(pids).size).toBe(pids.length);
    await until('the replaced ones to end', () => scene.living.length === 2);
    for (const pid of scene.living) expect(residentMemory(pid)).toBeGreaterThan(0);
  });
});
