/** FastCGI 1.0 §5 and §6: what the web server says of a request, and what the application gets. */
import { describe, expect, it } from 'vitest';
import { streaming } from '../../src/wsgi/application.ts';
import type { Application, Environ } from '../../src/wsgi/types.ts';
import { quiet } from '../conformance/harness.ts';
import { answering, gate, recording, until } from '../http/kit.ts';
import {
  ABORT_REQUEST,
  BEGIN_REQUEST,
  begin,
  DATA,
  END_REQUEST,
  encodePairs,
  environFor,
  get,
  PARAMS,
  params,
  post,
  record,
  STDIN,
  startFastCgi,
  stream,
  variables,
} from './kit.ts';

const hello = answering(() => 'hello');

/** Resolves when nobody wants the answer any more. */
const aborted = (environ: Environ) =>
  new Promise((resolve) => environ['wizgi.signal']?.addEventListener('abort', resolve));

describe('BEGIN_REQUEST', () => {
  it('FCGI-24 reserved bytes mean nothing', async () => {
    const server = await startFastCgi(hello);
    const peer = await server.peer();
    peer.send(
      record(BEGIN_REQUEST, 1, '\0\x01\x01\xff\xff\xff\xff\xff'),
      params(),
      record(STDIN, 1),
    );
    expect((await peer.answer()).body).toBe('hello');
  });

  it('FCGI-25, K19 without KEEP_CONN the connection is closed behind the answer', async () => {
    const server = await startFastCgi(hello);
    const peer = await server.peer();
    peer.send(get([], { flags: 0 }));
    expect(await peer.closed()).toBe('fin');
    expect((await peer.answer()).body).toBe('hello');
  });

  it('FCGI-26 with it, the connection is left open for as long as the web server likes', async () => {
    const server = await startFastCgi(hello, { keepAlive: 0.01, headerTimeout: 0.3 });
    const peer = await server.peer();
    await peer.ask(get());
    await quiet(500);
    expect((await peer.ask(get())).body).toBe('hello');
  });

  it('FCGI-27, K3 an unknown role is refused, and nothing else', async () => {
    const server = await startFastCgi(hello);
    const peer = await server.peer();
    for (const role of [0, 9, 99, 0x101]) {
      const { records, protocolStatus, appStatus } = await peer.ask(get([], { role }));
      expect([records.length, protocolStatus, appStatus]).toEqual([1, 3, 0]);
    }
    peer.send(get([], { role: 9, flags: 0 }));
    await peer.answer();
    await peer.closed();
  });
});

describe('PARAMS', () => {
  it('FCGI-30, FCGI-31 pairs have lengths of one or four bytes, and may be cut anywhere', async () => {
    const long = 'v'.repeat(300);
    const pairs = Buffer.concat([
      encodePairs(variables([['X_LONG', long]])),
      // A length of four bytes for a short text.
      Buffer.from('\x80\0\0\x01\x01Ab\x02\x80\0\0\x01Cde', 'latin1'),
    ]);
    const server = await startFastCgi(
      answering((environ) => JSON.stringify([environ['X_LONG'], environ['A'], environ['Cd']])),
    );
    const peer = await server.peer();
    const wanted = JSON.stringify([long, 'b', 'e']);
    for (let cut = 1; cut < pairs.length; cut++) {
      peer.send(
        begin(),
        record(PARAMS, 1, pairs.subarray(0, cut)),
        record(PARAMS, 1, pairs.subarray(cut)),
        record(PARAMS, 1),
        record(STDIN, 1),
      );
    }
    for (let cut = 1; cut < pairs.length; cut++) {
      expect((await peer.answer()).body, `cut at ${cut}`).toBe(wanted);
    }
  });

  it('FCGI-33 an empty CONTENT_LENGTH is none, and the order does not matter', async () => {
    const environ = await environFor([
      ['CONTENT_LENGTH', ''],
      ['CONTENT_TYPE', ''],
      ['REQUEST_METHOD', 'GET'],
    ]);
    expect('CONTENT_LENGTH' in environ || 'CONTENT_TYPE' in environ).toBe(false);
  });

  it('FCGI-34 repeated headers are joined', async () => {
    const environ = await environFor([
      ['HTTP_COOKIE', 'a=1'],
      ['HTTP_X', '1'],
      ['HTTP_COOKIE', 'b=2'],
      ['HTTP_X', '2'],
    ]);
    expect([environ['HTTP_COOKIE'], environ['HTTP_X']]).toEqual(['a=1; b=2', '1, 2']);
  });

  it('FCGI-52 the flags tell of a process that may have others beside it', async () => {
    expect(await environFor([])).toMatchObject({
      'wsgi.multiprocess': true,
      'wsgi.multithread': true,
      'wsgi.run_once': false,
      FCGI_ROLE: 'RESPONDER',
    });
    expect(await environFor([], { serial: true })).toMatchObject({ 'wsgi.multithread': false });
  });

  it('K15 names that stand for our own words are dropped', async () => {
    const environ = await environFor([
      ['HTTP_PROXY', 'evil'],
      ['wsgi.url_scheme', 'evil'],
      ['wizgi.input', 'evil'],
      ['__proto__', 'evil'],
      ['constructor', 'kept'],
    ]);
    expect(Object.values(environ)).not.toContain('evil');
    expect(environ['constructor']).toBe('kept');
    expect(Object.getPrototypeOf(environ)).toBe(Object.prototype);
    expect(({} as Environ)['evil']).toBeUndefined();
  });

  it('K16 paths are not measured against one another', async () => {
    const environ = await environFor([
      ['SCRIPT_NAME', '/a/b/c'],
      ['PATH_INFO', '/\nx'],
      ['PATH_TRANSLATED', '/x'],
    ]);
    expect(environ).toMatchObject({ SCRIPT_NAME: '/a/b/c', PATH_INFO: '/\nx' });
  });
});

describe('STDIN', () => {
  it('FCGI-35, K13 the content ends where CONTENT_LENGTH says, and the next request is in step', async () => {
    const { app } = recording();
    const server = await startFastCgi(app);
    const peer = await server.peer();
    const surplus = post('abcdefgh', [['CONTENT_LENGTH', '5']]);
    expect((await peer.ask(surplus)).body).toBe('POST / abcde');
    expect((await peer.ask(get())).body).toBe('GET /');
  });

  it('FCGI-35 without CONTENT_LENGTH it ends with STDIN', async () => {
    const server = await startFastCgi(
      answering((environ) => {
        const content = Buffer.from(environ['wsgi.input'].read()).toString();
        return `${content} ${environ.CONTENT_LENGTH}`;
      }),
    );
    const peer = await server.peer();
    const request = Buffer.concat([
      begin(),
      params([['REQUEST_METHOD', 'POST']]),
      record(STDIN, 1, 'abcd'),
      stream(STDIN, 1, 'efgh'),
    ]);
    expect((await peer.ask(request)).body).toBe('abcdefgh 8');
  });

  const length = [['CONTENT_LENGTH', '10']] as const;

  it('FCGI-36, K14 content that is received whole, and is too short, never reaches the application', async () => {
    const { app, calls } = recording();
    const server = await startFastCgi(app);
    const peer = await server.peer();
    expect((await peer.ask(post('abcd', length))).status).toBe('400 Bad Request');
    expect(calls).toEqual([]);
    expect(server.log.loud).toEqual(['refused incomplete-body']);
    expect((await peer.ask(get())).body).toBe('GET /');
  });

  it('FCGI-36, K14 an application that reads while it comes gets an error', async () => {
    const errors: unknown[] = [];
    const app: Application = streaming(async (environ, startResponse) => {
      try {
        await environ['wizgi.input']?.read();
      } catch (error) {
        errors.push(error);
      }
      startResponse('200 OK', []);
      return ['saw it'];
    });
    const server = await startFastCgi(app);
    const peer = await server.peer();
    expect((await peer.ask(post('abcd', length))).body).toBe('saw it');
    expect(errors).toMatchObject([{ code: 'input-incomplete' }]);
  });

  it('content over the limit is answered 413, and the next request is in step', async () => {
    const { app, calls } = recording();
    const server = await startFastCgi(app, { maxBody: 100 });
    const peer = await server.peer();
    const large = 'x'.repeat(101);
    expect((await peer.ask(post(large))).status).toBe('413 Content Too Large');
    // It says so before all of the content has come: its connection is not kept.
    await peer.closed();
    const other = await server.peer();
    const unknown = Buffer.concat([
      begin(),
      params([['REQUEST_METHOD', 'POST']]),
      stream(STDIN, 1, large),
    ]);
    expect((await other.ask(unknown)).status).toBe('413 Content Too Large');
    expect((await other.ask(get())).body).toBe('GET /');
    expect(calls).toEqual(['GET /']);
  });

  it('an upload of many records goes into a file, and comes out the same', async () => {
    const content = Buffer.alloc(3_000_000, 'a longer text ');
    const server = await startFastCgi(
      answering((environ) => {
        const read = Buffer.from(environ['wsgi.input'].read());
        return `${read.length} ${read.equals(content)}`;
      }),
    );
    const peer = await server.peer();
    peer.send(
      begin(),
      params([
        ['REQUEST_METHOD', 'POST'],
        ['CONTENT_LENGTH', `${content.length}`],
      ]),
    );
    for (let at = 0; at < content.length; at += 32_768) {
      peer.send(record(STDIN, 1, content.subarray(at, at + 32_768)));
    }
    peer.send(record(STDIN, 1));
    expect((await peer.answer()).body).toBe('3000000 true');
  });

  it('FCGI-51 DATA for a responder has no effect', async () => {
    const { app } = recording();
    const server = await startFastCgi(app);
    const peer = await server.peer();
    peer.send(begin(), params([['CONTENT_LENGTH', '3']]), record(DATA, 1, 'xyz'));
    peer.send(record(DATA, 1), record(STDIN, 1, 'abc'), record(DATA, 1, 'xyz'), record(STDIN, 1));
    expect((await peer.answer()).body).toBe('GET / abc');
  });
});

describe('ABORT_REQUEST', () => {
  it('FCGI-45, K17 during an answer: the application is closed, and END_REQUEST comes', async () => {
    let closed = 0;
    let signal: AbortSignal | undefined;
    const endless: Application = (environ, startResponse) => {
      signal = environ['wizgi.signal'];
      startResponse('200 OK', []);
      return {
        async *[Symbol.asyncIterator]() {
          yield 'first';
          await aborted(environ);
        },
        close: () => void closed++,
      };
    };
    const server = await startFastCgi(endless);
    const peer = await server.peer();
    peer.send(get());
    await peer.next();
    peer.send(record(ABORT_REQUEST, 1));
    const { records, protocolStatus, appStatus } = await peer.answer();
    expect([records.length, protocolStatus, appStatus]).toEqual([1, 0, 1]);
    await until('close()', () => closed === 1);
    expect(signal?.aborted).toBe(true);
    // The connection goes on.
    peer.send(get([['PATH_INFO', '/again']]));
    expect((await peer.next()).content.toString()).toContain('first');
    peer.send(record(ABORT_REQUEST, 1));
    await peer.answer();
    expect(closed).toBe(2);
  });

  it('FCGI-45 promptly, of an application that never stops to answer', async () => {
    let closed = 0;
    const server = await startFastCgi((_, startResponse) => {
      startResponse('200 OK', []);
      return {
        *[Symbol.iterator]() {
          for (;;) yield 'x'.repeat(10_000);
        },
        close: () => void closed++,
      };
    });
    const peer = await server.peer();
    peer.send(get());
    await peer.next();
    const asked = performance.now();
    peer.send(record(ABORT_REQUEST, 1));
    await peer.next(END_REQUEST);
    expect(performance.now() - asked).toBeLessThan(5_000);
    expect(closed).toBe(1);
  });

  it('K17 before the end of PARAMS', async () => {
    const server = await startFastCgi(hello);
    const peer = await server.peer();
    peer.send(begin(), record(PARAMS, 1, '\x0e\x03REQ'), record(ABORT_REQUEST, 1));
    expect((await peer.next()).type).toBe(END_REQUEST);
    expect((await peer.ask(get())).body).toBe('hello');
    peer.send(begin({ flags: 0 }), record(ABORT_REQUEST, 1));
    expect((await peer.next()).type).toBe(END_REQUEST);
    await peer.closed();
  });

  it('K17 while the content is received: the application is not called', async () => {
    const { app, calls } = recording();
    const server = await startFastCgi(app);
    const peer = await server.peer();
    peer.send(begin(), params([['CONTENT_LENGTH', '9']]), record(STDIN, 1, 'abc'));
    peer.send(record(ABORT_REQUEST, 1));
    expect((await peer.answer()).records.map(({ type }) => type)).toEqual([END_REQUEST]);
    expect((await peer.ask(get())).body).toBe('GET /');
    expect(calls).toEqual(['GET /']);
  });

  it('K17 while an application reads the content: the read fails', async () => {
    const failed = gate<unknown>();
    const app = streaming(async (environ, startResponse) => {
      await environ['wizgi.input']?.read().catch((error: unknown) => failed.open(error));
      startResponse('200 OK', []);
      return [];
    });
    const server = await startFastCgi(app);
    const peer = await server.peer();
    peer.send(begin(), params([['CONTENT_LENGTH', '9']]), record(STDIN, 1, 'abc'));
    peer.send(record(ABORT_REQUEST, 1));
    expect(await failed.promise).toMatchObject({ code: 'client-gone' });
    expect((await peer.answer()).records.map(({ type }) => type)).toEqual([END_REQUEST]);
  });

  it('FCGI-46, FCGI-56 the loss of the connection ends all of its requests', async () => {
    for (const how of ['reset', 'fin'] as const) {
      const closed: string[] = [];
      const server = await startFastCgi(
        (environ, startResponse) => {
          startResponse('200 OK', []);
          return {
            async *[Symbol.asyncIterator]() {
              yield 'first';
              await aborted(environ);
            },
            close: () => void closed.push(environ.PATH_INFO),
          };
        },
        { halfCloseTimeout: 0.05 },
      );
      const peer = await server.peer();
      peer.send(get([['PATH_INFO', '/1']], { id: 1 }), get([['PATH_INFO', '/2']], { id: 2 }));
      await peer.next();
      await peer.next();
      if (how === 'reset') peer.client.reset();
      else peer.client.socket.destroy();
      await until('both to be closed', () => closed.length === 2);
      expect(closed.sort()).toEqual(['/1', '/2']);
      await server.close();
    }
  });
});
