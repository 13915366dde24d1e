/** Workers that hang, and the watchdog. */
import { describe, expect, it } from 'vitest';
import { get, until } from '../../http/kit.ts';
import { gone, isAlive, type Scene, stage, stateOf } from './kit.ts';

const TIMED_OUT = 'worker timeout: its Python stacks follow, then another one takes its place';

/** Begins a request in a worker of its own; gives the client and the worker. */
async function begin(scene: Scene, path: string) {
  const count = scene.lines('begun').length;
  const client = await scene.server.client();
  client.send(get(path));
  const line = await until(`${path} to begin`, () => scene.lines('begun')[count]);
  return { client, pid: Number(line) };
}

describe('a stopped worker (SIGSTOP)', () => {
  it('with a request under way: 504, killed, replaced', async (context) => {
    const scene = await stage(context, 'faulty', { timeout: 2 });
    const { client, pid } = await begin(scene, '/wait');
    process.kill(pid, 'SIGSTOP');
    expect(await client.answer()).toMatchObject({ status: 504, complete: true });
    await gone([pid]);
    expect(await scene.get('/pid')).toMatchObject({ status: 200, body: `${scene.served[1]}` });
    expect(scene.logged(TIMED_OUT, pid)).toHaveLength(1);
    expect(scene.logged(TIMED_OUT)[0]?.fields['requests']).toBe('GET /wait');
    expect(scene.logged('worker died')).toEqual([]);
  });

  it('without one: what it is given is answered by another, and none fails', async (context) => {
    const scene = await stage(context, 'faulty', { timeout: 2, workers: 2 });
    await scene.worker(1);
    const [stopped = 0, other = 0] = scene.served;
    process.kill(stopped, 'SIGSTOP');
    const answers = await Promise.all(Array.from({ length: 20 }, () => scene.get('/pid')));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    await gone([stopped]);
    await scene.worker(2);
    expect(answers.map(({ body }) => Number(body))).not.toContain(stopped);
    expect(isAlive(other)).toBe(true);
  });

  it('the only one, and idle: its requests wait for the next one', async (context) => {
    const scene = await stage(context, 'faulty', { timeout: 2 });
    const stopped = await scene.worker();
    process.kill(stopped, 'SIGSTOP');
    const answers = await Promise.all(Array.from({ length: 5 }, () => scene.get('/pid')));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    await gone([stopped]);
  });

  it('that is continued in time is not blamed', async (context) => {
    const scene = await stage(context, 'faulty', { timeout: 5 });
    const { client, pid } = await begin(scene, '/wait');
    process.kill(pid, 'SIGSTOP');
    scene.write('go', '');
    await until('the worker to be stopped', () => stateOf(pid) === 'T');
    process.kill(pid, 'SIGCONT');
    expect(await client.answer()).toMatchObject({ status: 200, body: `${pid}` });
    expect(scene.served).toEqual([pid]);
  });
});

describe('an endless loop', () => {
  it.for([
    ['in the main thread', '/spin', 1],
    ['in one thread of several', '/spin', 4],
    ['in native code that does not let other threads run', '/native', 1],
  ] as const)(
    'is answered 504 and shown with file and line: %s',
    async ([, path, threads], context) => {
      const scene = await stage(context, 'faulty', { timeout: 2, threads });
      const { client, pid } = await begin(scene, path);
      expect(await client.answer()).toMatchObject({ status: 504 });
      await gone([pid]);
      expect(scene.printed).toMatch(
        new RegExp(`\\[python ${pid}\\]   File ".*/faulty.py", line \\d+ in ${path.slice(1)}\\n`),
      );
      expect(scene.printed).not.toMatch(/wizgi_worker.*in (?:spin|native)/);
      expect(await scene.get('/pid')).toMatchObject({ status: 200 });
      expect(scene.logged(TIMED_OUT, pid)).toHaveLength(1);
    },
  );

  it('does not hold up other threads', async (context) => {
    const scene = await stage(context, 'faulty', { timeout: 60, threads: 2 });
    const { pid } = await begin(scene, '/spin');
    for (let count = 0; count < 3; count++) {
      expect(await scene.get('/pid')).toMatchObject({ status: 200, body: `${pid}` });
    }
  });

  it('in the midst of an answer: cut', async (context) => {
    const scene = await stage(context, 'faulty', { timeout: 2 });
    const { client, pid } = await begin(scene, '/stuck_in_answer');
    expect(await client.answer()).toMatchObject({ status: 200, body: 'first', complete: false });
    await gone([pid]);
  });

  it('ends when the server does', async (context) => {
    const scene = await stage(context, 'faulty', { timeout: 0, gracefulTimeout: 0.3 });
    const { client, pid } = await begin(scene, '/spin');
    await scene.app.close();
    expect(isAlive(pid)).toBe(false);
    expect((await client.answer()).status).toBe(502);
  });
});

describe('an answer that comes too late', () => {
  it('reaches nobody', async (context) => {
    const scene = await stage(context, 'faulty', { timeout: 2 });
    const { client, pid } = await begin(scene, '/late');
    const late = client.answer();
    await scene.untilLogged(TIMED_OUT);
    // Its worker is about to answer, and has a moment left until it is killed.
    scene.write('go', '');
    const others = await Promise.all(Array.from({ length: 20 }, () => scene.get('/pid')));
    expect(await late).toMatchObject({ status: 504, body: 'Gateway Timeout\n' });
    client.send(get('/pid'));
    const next = await client.answer();
    await gone([pid]);
    for (const { status, body } of [...others, next]) {
      expect(status).toBe(200);
      expect(body).toBe(`${scene.served[1]}`);
    }
    expect(scene.logged('worker out of step')).toEqual([]);
  });

  it('leaves requests in other threads the time to end', async (context) => {
    const scene = await stage(context, 'faulty', { timeout: 4, threads: 2 });
    const { client: first, pid } = await begin(scene, '/sleep');
    const begun = performance.now();
    await until('half of the time', () => performance.now() > begun + 2_000);
    const { client: second } = await begin(scene, '/wait');
    expect((await first.answer()).status).toBe(504);
    scene.write('go', '');
    expect(await second.answer()).toMatchObject({ status: 200, body: `${pid}` });
    await gone([pid]);
  });
});

/** Has the workers hold requests beside those that they run, as theirs are short. */
async function warmUp(scene: Scene): Promise<void> {
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 20 }, () => scene.get('/pid')));
  }
}

describe('a request behind one that takes long', () => {
  it.for(['/wait', '/beat'])(
    '%s goes to another worker as soon as that is free',
    async (path, context) => {
      const scene = await stage(context, 'faulty', { workers: 2 });
      await scene.worker(1);
      await warmUp(scene);
      const { client } = await begin(scene, path);
      // While this is the other one's, nobody can take over what waits behind either.
      const between = scene.get('/short?200');
      await until('both to be busy', () => scene.lines('begun').length === 2);
      const behind = [scene.get('/pid'), scene.get('/pid'), scene.get('/pid')];
      for (const { status } of await Promise.all([between, ...behind])) expect(status).toBe(200);
      scene.write('go', '');
      expect((await client.answer()).complete).toBe(true);
      expect(scene.log.loud.filter((line) => line.startsWith('error'))).toEqual([]);
    },
  );

  it('has all of its time once it begins', async (context) => {
    const scene = await stage(context, 'faulty', { timeout: 3 });
    await warmUp(scene);
    const answers = [scene.get('/short?2000'), scene.get('/short?2000')];
    const bodies = (await Promise.all(answers)).map(({ status, body }) => `${status} ${body}`);
    expect(new Set(bodies)).toEqual(new Set([`200 ${scene.served[0]}`]));
    expect(scene.served).toHaveLength(1);
  });
});

describe('who is not to blame', () => {
  it('a server that was stopped itself', async (context) => {
    const scene = await stage(context, 'faulty', { timeout: 2 });
    const { client, pid } = await begin(scene, '/wait');
    const end = performance.now() + 3_200;
    // As long as this process does not get to its timers, nobody can tell it from being suspended.
    while (performance.now() < end);
    scene.write('go', '');
    expect(await client.answer()).toMatchObject({ status: 200, body: `${pid}` });
    expect(scene.logged(TIMED_OUT)).toEqual([]);
  });

  it('an application whose client is slow to read', async (context) => {
    const scene = await stage(context, 'faulty', { timeout: 2, workers: 1 });
    const client = await scene.server.client();
    client.socket.pause();
    client.send(get('/large'));
    const asked = performance.now();
    await until('more than the timeout', () => performance.now() > asked + 3_200);
    client.socket.resume();
    const answer = await client.answer();
    expect(answer.complete).toBe(true);
    expect(answer.body).toHaveLength(16 * 1024 * 1024);
    expect(scene.logged(TIMED_OUT)).toEqual([]);
  });

  it('an application whose client is slow to send', async (context) => {
    const scene = await stage(context, 'faulty', { timeout: 2 });
    const client = await scene.server.client();
    client.send('POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab');
    const asked = performance.now();
    await until('more than the timeout', () => performance.now() > asked + 3_200);
    client.send('cde');
    expect(await client.answer()).toMatchObject({ status: 200, body: '5' });
  });
});
