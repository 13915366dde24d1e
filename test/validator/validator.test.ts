import { describe, expect, it } from 'vitest';
import { validator } from 'wizgi/validator';
import { testClient, testEnviron } from '../../src/testing/index.ts';
import type { Finding } from '../../src/validator/index.ts';
import { isStreaming, pipeline, streaming } from '../../src/wsgi/application.ts';
import { FileWrapper } from '../../src/wsgi/file-wrapper.ts';
import type { Application, Body, Chunk, HeaderList, Write } from '../../src/wsgi/types.ts';
import { Tracked, thrownBy, yielding } from '../conformance/apps.ts';
import { caught } from './application-breaks.ts';

const TEXT: HeaderList = [['Content-Type', 'text/plain']];
const write: Write = () => undefined;
const startResponse = () => write;

function answering(make: () => unknown, headers = TEXT, status = '200 OK'): Application {
  return (_environ, start) => {
    start(status, headers);
    return make() as Body;
  };
}

/** The ids of what is found in one request. */
async function foundIn(app: Application, method = 'GET', target = '/'): Promise<string[]> {
  const findings: Finding[] = [];
  const checked = validator({ report: (finding) => findings.push(finding) })(app);
  await testClient(checked).request(method, target);
  return findings.map(({ rule }) => rule.id);
}

describe('the form of what is checked', () => {
  it('MW-1, LINT-36 a validator between two validators gives both of them nothing to report', async () => {
    const findings: Finding[] = [];
    const check = validator({ report: (finding) => findings.push(finding) });
    const blocks = () => yielding('one', 'two', 'three');
    const app = check(validator()(check(answering(blocks))));
    expect((await testClient(app).get('/')).text()).toBe('onetwothree');
    expect(findings).toEqual([]);
  });

  it('ASY-32 what is synchronous stays so', () => {
    const body = validator()(answering(() => yielding('a')))(testEnviron(), startResponse);
    expect(body).not.toHaveProperty('then');
    expect(Symbol.asyncIterator in (body as object)).toBe(false);
    expect([...(body as Iterable<Chunk>)]).toEqual(['a']);
  });

  it('CLEN-5 an array stays an array, whose length a server can tell', async () => {
    const client = testClient(validator()(answering(() => ['content'])));
    expect((await client.get('/')).headers.get('Content-Length')).toBe('7');
    const closed: string[] = [];
    const closing = answering(() => Object.assign(['x'], { close: () => closed.push('closed') }));
    const response = await testClient(validator()(closing)).get('/');
    expect([response.headers.get('Content-Length'), closed]).toEqual(['1', ['closed']]);
  });

  it('ASY-33 a promise is answered by a promise at once, and nothing is iterated early', async () => {
    const body = new Tracked(['x']);
    const later: Application = async (environ, start) => {
      await null;
      return answering(() => body)(environ, start);
    };
    const promise = validator()(later)(testEnviron(), startResponse);
    expect(promise).toBeInstanceOf(Promise);
    const checked = await promise;
    expect(body.pulls).toBe(0);
    expect([...(checked as Iterable<Chunk>)]).toEqual(['x']);
    await (checked as Body).close?.();
    expect(body.closes).toBe(1);
  });

  it('MW-2, ASY-34 each block that is asked for asks for one', async () => {
    const body = new Tracked(['a', '', 'b']);
    const checked = validator()(answering(() => body))(testEnviron(), startResponse);
    const iterator = (checked as Iterable<Chunk>)[Symbol.iterator]();
    expect([iterator.next().value, body.pulls]).toEqual(['a', 1]);
    expect([iterator.next().value, body.pulls]).toEqual(['', 2]);
    iterator.return?.();
    (checked as Body).close?.();
    expect(body.order).toEqual(['next', 'next', 'return', 'close']);
  });

  it('ASY-35 a generator that was never started is ended by close()', async () => {
    const ended: string[] = [];
    const source = { closes: 0 };
    const started = (function* () {
      try {
        yield 'x';
      } finally {
        ended.push('finally');
      }
    })();
    const body = Object.assign(started, { close: () => void source.closes++ });
    const checked = validator()(answering(() => body))(testEnviron(), startResponse) as Body;
    await checked.close?.();
    expect([started.next().done, source.closes]).toEqual([true, 1]);
  });

  it('MW-7 what is refused is closed all the same', async () => {
    const refusedLate = new Tracked(['x', 7 as unknown as Chunk]);
    await testClient(validator()(answering(() => refusedLate))).get('/');
    expect(refusedLate.order).toEqual(['next', 'next', 'return', 'close']);
    let closes = 0;
    const refusedAtOnce = Object.assign(['x', 7], { close: () => closes++ });
    await testClient(validator()(answering(() => refusedAtOnce))).get('/');
    expect(closes).toBe(1);
  });

  it('the mark of streaming() is kept', () => {
    const app = answering(() => []);
    expect(isStreaming(validator()(streaming(app)))).toBe(true);
    expect(isStreaming(validator()(app))).toBe(false);
    expect(isStreaming(pipeline(validator(), streaming(app)))).toBe(true);
  });

  it('takes every form of application', async () => {
    class AsClass {
      constructor(_environ: unknown, start: Parameters<Application>[1]) {
        start('200 OK', TEXT);
      }
      *[Symbol.iterator]() {
        yield 'class';
      }
    }
    expect((await testClient(validator()(AsClass)).get('/')).text()).toBe('class');
    const object = { call: answering(() => ['object']) };
    expect((await testClient(validator()(object)).get('/')).text()).toBe('object');
  });

  it('ASY-36 an error of the application keeps its identity', async () => {
    const error = new Error('mine');
    const throwing = answering(() =>
      (function* () {
        yield 'x';
        throw error;
      })(),
    );
    for (const options of [{}, { report: () => undefined }]) {
      expect((await testClient(validator(options)(throwing)).get('/')).error).toBe(error);
    }
  });

  it('LINT-35 bytes are counted behind wsgi.file_wrapper, and no more is read than was declared', async () => {
    const file = (content: string) => {
      let rest = Buffer.from(content);
      return {
        read: (size: number) => {
          const block = rest.subarray(0, size);
          rest = rest.subarray(size);
          return block;
        },
      };
    };
    const wrapped = (content: string, length: string) =>
      answering(() => new FileWrapper(file(content)), [...TEXT, ['Content-Length', length]]);
    expect(await foundIn(wrapped('content', '9'))).toEqual(['content-length-short']);
    expect(await foundIn(wrapped('content', '7'))).toEqual([]);
    expect(await foundIn(wrapped('content', '3'))).toEqual([]);
  });
});

describe('options', () => {
  it.each([
    [(() => []) as never, /validator\(\)\(app\)/],
    [{ reprot: () => undefined } as never, /unknown option 'reprot'; there is 'report'/],
    [{ report: 'yes' } as never, /option 'report' is "yes", not a function/],
  ])('%o is refused', (options, message) => {
    expect(() => validator(options)).toThrow(message);
  });

  it('names the request without what could command a terminal', async () => {
    const findings: Finding[] = [];
    const checked = validator({ report: (finding) => findings.push(finding) });
    await testClient(checked(answering(() => null))).get('/%1b%5b2J');
    expect(findings[0]?.request).toBe('GET /\\u001b[2J');
  });
});

describe('what is no breach', () => {
  it.each<[string, Application, string?]>([
    [
      'CGI-9 a redirect without content or type',
      answering(() => [], [['Location', '/']], '302 Found'),
    ],
    ['LINT-20 204 without a type', answering(() => [], [], '204 No Content')],
    ['LINT-32 304 with an ETag', answering(() => [], [['ETag', '"1"']], '304 Not Modified')],
    [
      'LINT-33 the length of a GET on HEAD',
      answering(() => [], [...TEXT, ['Content-Length', '9']]),
      'HEAD',
    ],
    ['LINT-33 content on HEAD', answering(() => ['content']), 'HEAD'],
    ['LINT-34 a relative Location', answering(() => [], [['Location', 'next']], '303 See Other')],
    ['STAT-4 an empty reason', answering(() => ['x'], TEXT, '200 ')],
    ['a code of its own', answering(() => ['x'], TEXT, '999 Strange')],
    [
      'a parameter that is not there',
      (_environ, start) => {
        start('200 OK', TEXT, undefined);
        return ['x'];
      },
    ],
    [
      'an error on the first call',
      (_environ, start) => {
        start('500 Oops', TEXT, new Error('first'));
        return ['x'];
      },
    ],
    [
      'an error that replaces the head',
      (_environ, start) => {
        start('200 OK', [...TEXT, ['Content-Length', '99']]);
        start('500 Oops', TEXT, new Error('second'));
        return ['x'];
      },
    ],
    [
      'an error that is let go up',
      (_environ, start) => {
        start('200 OK', TEXT);
        return (function* () {
          yield 'x';
          start('500 Oops', TEXT, new Error('late'));
        })();
      },
    ],
    ['an empty block', answering(() => yielding('', 'x', ''))],
    [
      'write() and then a body',
      (_environ, start) => {
        start('200 OK', [...TEXT, ['Content-Length', '2']])('a');
        return ['b'];
      },
    ],
    [
      'reads of all kinds',
      (environ, start) => {
        const input = environ['wsgi.input'];
        start('200 OK', TEXT);
        return [input.read(1), input.readline(), ...input.readlines(1), ...input, input.read()];
      },
    ],
  ])('%s', async (_what, app, method = 'GET') => {
    expect(await foundIn(app, method)).toEqual([]);
  });

  it('ENV-30 OPTIONS * is fine', async () => {
    expect(
      await foundIn(
        answering(() => ['x']),
        'OPTIONS',
        '*',
      ),
    ).toEqual([]);
  });

  it('a client that leaves is no failure of the application that waits for it', async () => {
    const findings: Finding[] = [];
    const waiting: Application = streaming(async (environ) => {
      await environ['wizgi.input']?.read();
      return [];
    });
    const checked = validator({ report: (finding) => findings.push(finding) })(waiting);
    const stream = testClient(checked).stream('POST', '/', {
      body: (async function* () {
        yield 'x';
        await new Promise(() => undefined);
      })(),
    });
    await new Promise((resolve) => setImmediate(resolve));
    stream.abort();
    await stream.response;
    expect(findings).toEqual([]);
  });
});

describe('what other linters find, too', () => {
  const status = (value: unknown) => answering(() => ['x'], TEXT, value as string);
  const headers = (value: unknown) => answering(() => ['x'], value as HeaderList);
  const header = (name: unknown, value: unknown = 'x') => headers([...TEXT, [name, value]]);
  const length = (value: string) => headers([...TEXT, ['Content-Length', value]]);

  it.each<[string, Application, string]>([
    ['LINT-15 200', status('200'), 'status-form'],
    ['LINT-15 20 OK', status('20 OK'), 'status-form'],
    ['LINT-15 2000 OK', status('2000 OK'), 'status-form'],
    ['LINT-15 200OK', status('200OK'), 'status-form'],
    ['STAT-1 200  OK', status('200  OK'), 'status-form'],
    ['STAT-1 200 OK and a space', status('200 OK '), 'status-form'],
    ['STAT-2 a line end', status('200 OK\r\nX: y'), 'status-characters'],
    ['STAT-3 a check mark', status('200 \u2713'), 'status-characters'],
    ['LINT-16 an object', headers({ 'Content-Type': 'text/plain' }), 'headers-list'],
    ['LINT-16 three items', headers([['a', 'b', 'c']]), 'headers-list'],
    ['LINT-16 a number', header('X-Number', 7), 'headers-list'],
    ['LINT-17 Status', header('Status', '200 OK'), 'header-status'],
    ['LINT-18 1a', header('1a'), 'header-name-usual'],
    ['LINT-18 a-', header('a-'), 'header-name-usual'],
    ['LINT-18 a!', header('a!'), 'header-name-usual'],
    ['HDR-1 a name with a colon', header('X:'), 'header-name'],
    ['LINT-19 a tab', header('X-A', 'a\tb'), 'header-value'],
    ['LINT-19 DEL', header('X-A', 'a\x7f'), 'header-value'],
    ['HOP-1 Trailers', header('tRAILERS'), 'header-hop-by-hop'],
    [
      'HDR-7 two lengths',
      headers([...TEXT, ['Content-Length', '1'], ['content-length', '2']]),
      'content-length-form',
    ],
    ['HDR-7 -1', length('-1'), 'content-length-form'],
    ['LINT-23 null', answering(() => null), 'body-iterable'],
    ['LINT-23 text', answering(() => 'text'), 'body-bare'],
    ['LINT-24 a DataView', answering(() => [new DataView(new ArrayBuffer(1))]), 'block-bytes'],
    ['LINT-34 w/"1"', header('ETag', 'w/"1"'), 'header-etag'],
  ])('%s', async (_what, app, rule) => {
    expect(await foundIn(app)).toContain(rule);
  });
});

describe('an application that goes on', () => {
  it('finds startResponse as if it had been called, when it was refused', async () => {
    const stubborn: Application = (_environ, start) => {
      for (const status of ['bad', '200 OK']) {
        const error = thrownBy(() => start(status, TEXT));
        if (error !== undefined) caught.push(error);
      }
      return ['x'];
    };
    caught.length = 0;
    const response = await testClient(validator()(stubborn)).get('/');
    expect(response.status).toBe(500);
    expect(caught.map((error) => (error as { finding?: Finding }).finding?.rule.id)).toEqual([
      'status-form',
      'start-response-twice',
    ]);
  });
});
