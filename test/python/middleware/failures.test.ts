/** Errors on either side of Python middleware, clients that leave, workers that die. */
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ConfigurationError } from '../../../src/gateways/options.ts';
import { type PythonOptions, pythonMiddleware } from '../../../src/python/index.ts';
import { streaming } from '../../../src/wsgi/application.ts';
import type { Application, Chunk } from '../../../src/wsgi/types.ts';
import { TEXT, Tracked, yielding } from '../../conformance/apps.ts';
import { Gate, until } from '../../conformance/harness.ts';
import { need } from '../../interop/components.ts';
import { LogRecorder } from '../../log-recorder.ts';
import { FIXTURES, type Surrounded, sizes, surround } from './surround.ts';

/** What became of the calls of an inner application. */
class Fates {
  readonly aborted: string[] = [];
  closes = 0;
  entered = 0;

  /** Watches over an application whose answers are these blocks. */
  app(blocks: () => Iterable<Chunk> | AsyncIterable<Chunk>): Application {
    return (environ, startResponse) => {
      this.entered++;
      const signal = environ['wizgi.signal'];
      signal?.addEventListener('abort', () => this.aborted.push(String(signal.reason.code)));
      startResponse('200 OK', TEXT);
      const close = () => {
        this.closes++;
      };
      return Object.assign(blocks() as AsyncIterable<Chunk>, { close });
    };
  }
}

/** These blocks, and one behind them when the gate opens. */
async function* held(gate: Gate, ...before: Chunk[]) {
  yield* before;
  await gate.opened;
  yield 'after';
}

/** Answers at `/fine` whatever the application does elsewhere. */
function withFine(app: Application): Application {
  return (environ, startResponse) => {
    if (environ.PATH_INFO !== '/fine') return app(environ, startResponse);
    startResponse('200 OK', TEXT);
    return ['x'];
  };
}

/** Whether the worker still does what it is asked. */
async function expectFine(surrounded: Surrounded, target = '/fine'): Promise<void> {
  expect((await surrounded.served.request({ target })).status).toBe(200);
}

describe.each(sizes)('failures around middleware in Python, $name', ({ threads }) => {
  beforeEach((context) => void need('python3', context));

  it.each([
    ['/before', 500, 'raised before'],
    ['/start', 500, 'raised in start_response'],
    ['/after', 500, 'raised after'],
    ['/between', 200, 'raised between'],
    ['/close', 200, 'raised at the end'],
  ])('middleware that raises at %s', async (target, status, message) => {
    const fates = new Fates();
    const surrounded = await surround(
      'around:raising',
      fates.app(() => yielding('a', 'b')),
      { threads },
    );
    const answer = await surrounded.served.request({ target });
    expect([answer.status, answer.complete]).toEqual([status, status === 500]);
    const failures = surrounded.served.log.filter(({ level }) => level === 'error');
    expect(String(failures[0]?.fields.error)).toContain(message);
    expect(surrounded.log.loud.filter((line) => !line.startsWith('info'))).toEqual([]);
    await until(() => fates.closes === fates.entered, 'close()');
    expect(fates.entered).toBe(target === '/before' ? 0 : 1);
    await expectFine(surrounded);
  });

  it.each([
    ['before', 500],
    ['while iterating', 200],
    ['asynchronously', 200],
  ])('an inner application that throws %s', async (when, status) => {
    const bodies: Tracked[] = [];
    const surrounded = await surround(
      'around:identity',
      (environ, startResponse) => {
        if (environ.PATH_INFO !== '/fine' && when === 'before') throw new Error('thrown inside');
        startResponse('200 OK', TEXT);
        if (environ.PATH_INFO === '/fine') return ['x'];
        const blocks = function* () {
          yield 'begun';
          throw new Error('thrown inside');
        };
        if (when === 'asynchronously') {
          return (async function* () {
            yield* blocks();
          })();
        }
        bodies.push(new Tracked(blocks()));
        return bodies[0] as Tracked;
      },
      { threads },
    );
    const { served, log } = surrounded;
    const answer = await served.request();
    expect([answer.status, answer.complete]).toEqual([status, status === 500]);
    const errors = log.lines.filter(({ level }) => level === 'error');
    expect(errors.map(({ fields }) => String(fields.error))).toEqual(['Error: thrown inside']);
    expect(served.log.filter(({ level }) => level === 'error')).toEqual([]);
    expect(bodies.map(({ closes }) => closes)).toEqual(when === 'while iterating' ? [1] : []);
    expect(surrounded.printed).toBe('');
    await expectFine(surrounded);
  });

  it('middleware sees a 500, or that the answer broke off', async () => {
    const { served } = await surround(
      'around:catching',
      (environ, startResponse) => {
        if (environ.PATH_INFO === '/before') throw new Error('x');
        startResponse('200 OK', TEXT);
        return (function* () {
          yield 'begun';
          throw new Error('x');
        })();
      },
      { threads },
    );
    expect((await served.request({ target: '/before' })).body.toString()).toBe(
      'Internal Server Error\n',
    );
    expect((await served.request({ target: '/between' })).body.toString()).toBe(
      'caught InnerError: the inner application broke off its answer',
    );
  });

  describe('a client that leaves', () => {
    it.each([
      ['before the inner application answers', 'identity', false],
      ['before the inner application answers', 'shouting', false],
      ['between two blocks', 'identity', true],
      ['between two blocks', 'shouting', true],
      ['between two blocks', 'zipping', false],
    ])('%s, around:%s', async (_when, name, begins) => {
      const fates = new Fates();
      const gate = new Gate();
      const before = begins || name === 'zipping' ? ['first'] : [];
      const surrounded = await surround(
        `around:${name}`,
        withFine(fates.app(() => held(gate, ...before))),
        { threads },
      );
      const exchange = surrounded.served.open();
      if (begins) await exchange.read();
      await until(() => fates.entered === 1);
      exchange.leave('reset');
      await until(() => fates.aborted.length > 0, 'the signal');
      gate.open();
      await until(() => fates.closes > 0, 'close()');
      // The worker is free again, and not replaced.
      await expectFine(surrounded);
      expect([fates.aborted, fates.closes]).toEqual([['client-gone'], 1]);
      expect(surrounded.log.loud.filter((line) => line.includes('worker'))).toEqual([
        'info: worker serves',
      ]);
    });

    it('while the answer waits for it to read', async () => {
      const fates = new Fates();
      const blocks = function* () {
        for (;;) yield Buffer.alloc(100_000);
      };
      const surrounded = await surround('around:shouting', fates.app(blocks), { threads });
      const exchange = surrounded.served.open();
      await exchange.head();
      exchange.leave('reset');
      await until(() => fates.closes > 0, 'close()');
      expect([fates.aborted, fates.closes]).toEqual([['client-gone'], 1]);
    });

    it.each([
      ['before an application that is entered with the whole of it', false],
      ['which a streaming application reads', true],
    ])('in the middle of its upload, %s', async (_kind, streams) => {
      let entered = 0;
      const failures: unknown[] = [];
      const app: Application = async (environ, startResponse) => {
        if (environ.PATH_INFO !== '/fine') entered++;
        await environ['wizgi.input']?.read().catch((error: Error) => failures.push(error));
        startResponse('200 OK', TEXT);
        return ['x'];
      };
      const surrounded = await surround('around:identity', streams ? streaming(app) : app, {
        threads,
      });
      const exchange = surrounded.served.open({
        method: 'POST',
        target: '/upload',
        body: (async function* () {
          yield Buffer.alloc(200_000);
          await new Promise(() => undefined);
        })(),
      });
      if (streams) await until(() => entered === 1);
      exchange.leave('reset');
      if (streams) await until(() => failures.length === 1);
      await expectFine(surrounded);
      expect([entered, failures]).toMatchObject(streams ? [1, [{ name: 'WsgiError' }]] : [0, []]);
    });
  });

  it('a worker that is killed takes its calls with it', async () => {
    const fates = new Fates();
    const gate = new Gate();
    const surrounded = await surround(
      'around:identity',
      withFine((environ, startResponse) => {
        const before = environ.PATH_INFO === '/begun' ? ['first'] : [];
        return fates.app(() => held(gate, ...before))(environ, startResponse);
      }),
      { threads },
    );
    for (const target of ['/begun', '/waiting']) {
      const exchange = surrounded.served.open({ target });
      if (target === '/begun') expect((await exchange.read())?.toString()).toBe('first');
      else await until(() => fates.entered === 2);
      process.kill(surrounded.pid, 'SIGKILL');
      if (target === '/begun') await expect(exchange.read()).rejects.toThrow();
      else expect((await exchange.head()).status).toBe(502);
      await expectFine(surrounded);
    }
    await until(() => fates.aborted.length === 2);
    gate.open();
    await until(() => fates.closes === 2);
    expect([fates.aborted, fates.closes]).toEqual([['client-gone', 'client-gone'], 2]);
  });

  it('middleware that kills its own process between two blocks', async () => {
    const fates = new Fates();
    const gate = new Gate();
    const { served } = await surround(
      'around:dying',
      fates.app(() => held(gate, 'first')),
      { threads },
    );
    expect((await served.request()).status).toBe(502);
    await until(() => fates.aborted.length === 1);
    gate.open();
    await until(() => fates.closes === 1);
  });

  it('an inner application that takes too long is given up', async () => {
    const fates = new Fates();
    const gate = new Gate();
    const surrounded = await surround(
      'around:identity',
      fates.app(() => held(gate)),
      {
        threads,
        timeout: 0.6,
      },
    );
    const answer = await surrounded.served.request();
    expect(answer.status).toBe(504);
    await until(() => fates.aborted.length === 1);
    gate.open();
    await until(() => fates.closes === 1);
  });
});

describe('middleware that is none', () => {
  beforeEach((context) => void need('python3', context));

  async function reasonFor(target: string, options: PythonOptions = {}): Promise<string> {
    const app = pythonMiddleware(target, {
      pythonpath: [FIXTURES],
      env: { PYTHONDONTWRITEBYTECODE: '1' },
      log: new LogRecorder(),
      errors: { write: () => undefined },
      ...options,
    })(() => []);
    onTestFinished(() => app.close());
    const error: unknown = await app.ready.then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }

  it.each([
    [
      'around:number',
      /^around:number could not be loaded: around:number is an int, not WSGI middleware; expected a callable that takes an application and gives one$/,
    ],
    ['around:nothing', /^around:nothing could not be loaded: .*nothing/],
    ['nowhere:middleware', /^nowhere:middleware could not be loaded: .*nowhere/],
    ['around', /^around could not be loaded: /],
    ['around:arity', /^around:arity could not be loaded: /],
    [
      'around:none',
      /^around:none could not be loaded: around:none\(app\) is None, not a WSGI application; expected a callable that takes environ and start_response$/,
    ],
    [
      'around:failing',
      /^around:failing could not be loaded: Traceback .*RuntimeError: not around this$/s,
    ],
  ])('%s', async (target, message) => {
    const reason = await reasonFor(target);
    expect(reason).toMatch(message);
  });
});
