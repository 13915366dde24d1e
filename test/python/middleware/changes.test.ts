/** What Python middleware may do with a request, an answer, and the application that it wraps. */
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { testClient } from '../../../src/testing/index.ts';
import type { Application, Environ } from '../../../src/wsgi/types.ts';
import { TEXT, Tracked } from '../../conformance/apps.ts';
import { Gate, until } from '../../conformance/harness.ts';
import { need } from '../../interop/components.ts';
import { sizes, surround } from './surround.ts';

/** More than is sent before somebody takes it. */
const MUCH = Array<string>(100).fill('x'.repeat(10_000));

/** Answers with a block at a time, and counts what becomes of its answers. */
function counting(...blocks: string[]) {
  const bodies: Tracked[] = [];
  const app: Application = (environ, startResponse) => {
    startResponse('200 OK', [...TEXT, ['X-Inner', '1']]);
    const body = new Tracked(blocks.length > 0 ? blocks : [`at ${environ.PATH_INFO} `, 'end\n']);
    bodies.push(body);
    return body;
  };
  return { app, bodies, closes: () => bodies.map(({ closes }) => closes) };
}

describe.each(sizes)('middleware in Python, $name', ({ threads }) => {
  beforeEach((context) => void need('python3', context));

  it('lets nobody in, or says who it is', async () => {
    const environs: Environ[] = [];
    const { served } = await surround(
      'around:auth',
      (environ, startResponse) => {
        environs.push(environ);
        startResponse('200 OK', TEXT);
        return [Buffer.from(`hello ${String(environ['REMOTE_USER'])}`, 'latin1')];
      },
      { threads },
    );
    const refused = await served.request();
    expect([refused.status, refused.headers.get('WWW-Authenticate')]).toEqual([
      401,
      'Bearer realm="here"',
    ]);
    expect(refused.body.toString()).toBe('who are you?\n');
    expect(environs).toEqual([]);
    const headers = [['Authorization', 'Bearer sesame']] as const;
    const answer = await served.request({ headers });
    expect([answer.status, answer.body.toString('latin1')]).toEqual([200, 'hello ali \u00e9']);
    expect(environs[0]?.['HTTP_AUTHORIZATION']).toBeUndefined();
  });

  it('rewrites the request', async () => {
    const seen: Record<string, unknown>[] = [];
    const { served } = await surround(
      'around:rewriting',
      (environ, startResponse) => {
        seen.push({ ...environ });
        startResponse('200 OK', TEXT);
        return [environ['wsgi.input'].read()];
      },
      { threads },
    );
    const headers = [['User-Agent', 'mine']] as const;
    const answer = await served.request({ method: 'POST', target: '/x?y', body: 'abc', headers });
    expect(answer.body.toString()).toBe('ABCABC');
    expect(seen).toMatchObject([
      {
        REQUEST_METHOD: 'PUT',
        SCRIPT_NAME: '/mounted',
        PATH_INFO: '/rewritten',
        QUERY_STRING: 'a=1',
        CONTENT_LENGTH: '6',
        'my.flag': true,
        'my.text': 'any \u20ac \u{1f600}',
      },
    ]);
    expect(seen[0]).not.toHaveProperty('my.object');
    expect(seen[0]).not.toHaveProperty('HTTP_USER_AGENT');
  });

  it('changes headers and content, as they come', async () => {
    const gate = new Gate();
    const { served } = await surround(
      'around:shouting',
      (_environ, startResponse) => {
        startResponse('201 Made', [...TEXT, ['X-Inner', '1'], ['X-Kept', '2']]);
        return (async function* () {
          yield 'first ';
          await gate.opened;
          yield 'second';
        })();
      },
      { threads },
    );
    const exchange = served.open();
    const { statusLine, headers } = await exchange.head();
    expect([statusLine, headers.get('X-Outer'), headers.has('X-Inner')]).toEqual([
      '201 Made',
      '1',
      false,
    ]);
    expect(headers.get('X-Kept')).toBe('2');
    expect((await exchange.read())?.toString()).toBe('FIRST ');
    gate.open();
    expect((await exchange.read())?.toString()).toBe('SECOND');
    expect(await exchange.read()).toBeNull();
  });

  it('compresses a whole answer', async () => {
    const { app, closes } = counting('x'.repeat(100_000), 'y'.repeat(100_000));
    const { served } = await surround('around:zipping', app, { threads });
    const { headers, body } = await served.request();
    expect([headers.get('Content-Encoding'), headers.get('Content-Length')]).toEqual([
      'gzip',
      String(body.length),
    ]);
    expect(gunzipSync(body).toString()).toBe('x'.repeat(100_000) + 'y'.repeat(100_000));
    expect(closes()).toEqual([1]);
  });

  it('answers by itself', async () => {
    const { app, bodies } = counting();
    const { served } = await surround('around:answering', app, { threads });
    expect((await served.request()).body.toString()).toBe('from Python');
    expect(bodies).toEqual([]);
  });

  it('asks twice', async () => {
    const { app, closes } = counting();
    const { served } = await surround('around:twice', app, { threads });
    const { body } = await served.request();
    expect(body.toString()).toBe('200 OK 200 OK\nat /first end\nat /second end\n');
    expect(closes()).toEqual([1, 1]);
  });

  it('takes two answers in turn', async () => {
    const { app, closes } = counting();
    const { served } = await surround('around:interleaving', app, { threads });
    const { body } = await served.request();
    expect(body.toString()).toBe('at /a at /b end\nend\n');
    await until(() => closes().every((count) => count > 0));
    expect(closes()).toEqual([1, 1]);
  });

  it.each(['brief', 'forgetful'])('takes a part: %s', async (name) => {
    const { app, closes, bodies } = counting('first', ...MUCH);
    const aborted: unknown[] = [];
    const { served } = await surround(
      `around:${name}`,
      (environ, startResponse) => {
        environ['wizgi.signal']?.addEventListener('abort', () => aborted.push('aborted'));
        return app(environ, startResponse);
      },
      { threads },
    );
    for (let count = 0; count < 3; count++) {
      expect((await served.request()).body.toString()).toBe('first');
    }
    await until(() => closes().length === 3 && closes().every((count) => count > 0));
    expect([closes(), aborted]).toEqual([[1, 1, 1], Array(3).fill('aborted')]);
    expect(bodies.every(({ returns }) => returns === 1)).toBe(true);
  });

  it('keeps what cannot cross, and gives it back', async () => {
    const session = { user: 1 };
    const seen: unknown[] = [];
    const { app } = await surround(
      'around:identity',
      (environ, startResponse) => {
        seen.push(environ['my.session'], environ['my.count'], environ['my.text']);
        startResponse('200 OK', TEXT);
        return ['x'];
      },
      { threads },
    );

    const environ = { 'my.session': session, 'my.count': 7, 'my.text': 'crosses' };
    await testClient(app).get('/', { environ });
    expect(seen).toEqual([session, 7, 'crosses']);
    expect(seen[0]).toBe(session);
  });
});
