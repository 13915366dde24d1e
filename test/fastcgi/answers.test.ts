/** FastCGI 1.0 §6: what goes back to the web server. */
import { describe, expect, it } from 'vitest';
import type { Application } from '../../src/wsgi/types.ts';
import { answering, recording } from '../http/kit.ts';
import { END_REQUEST, get, STDERR, STDOUT, startFastCgi } from './kit.ts';

async function answerOf(app: Application, options = {}) {
  const server = await startFastCgi(app, options);
  const peer = await server.peer();
  return { server, peer, answer: await peer.ask(get()) };
}

describe('STDOUT', () => {
  it('FCGI-37, FCGI-38 is CGI text, whatever the name of the script', async () => {
    const server = await startFastCgi(answering(() => 'hello'));
    const peer = await server.peer();
    const { records } = await peer.ask(get([['SCRIPT_NAME', '/nph-x']]));
    expect(records[0]?.content.toString()).toMatch(/^Status: 200 OK\r\nContent-Type: /);
  });

  it('FCGI-39 no record is empty but the last, and none is too long', async () => {
    const { answer } = await answerOf((_, startResponse) => {
      startResponse('200 OK', []);
      return (function* () {
        yield '';
        yield 'a'.repeat(200 * 1024);
        yield Buffer.alloc(0);
        yield Buffer.alloc(200 * 1024, 'b');
        yield '';
      })();
    });
    expect(answer.body).toBe('a'.repeat(200 * 1024) + 'b'.repeat(200 * 1024));
    const stdout = answer.records.filter(({ type }) => type === STDOUT);
    expect(stdout.slice(0, -1).map(({ content }) => content.length)).not.toContain(0);
    expect(stdout.length).toBeGreaterThanOrEqual(8);
  });

  it('FCGI-40 is ended once, also without content', async () => {
    for (const status of ['200 OK', '204 No Content']) {
      const { answer } = await answerOf((_, startResponse) => {
        startResponse(status, []);
        return [];
      });
      expect(answer.records.map(({ type, content }) => [type, content.length > 0])).toEqual([
        [STDOUT, true],
        [STDOUT, false],
        [END_REQUEST, true],
      ]);
    }
  });

  it('has no content in answer to HEAD', async () => {
    const server = await startFastCgi(answering(() => 'hello'));
    const peer = await server.peer();
    const answer = await peer.ask(get([['REQUEST_METHOD', 'HEAD']]));
    expect([answer.body, answer.headers.get('content-length')]).toEqual(['', '5']);
  });

  it('FCGI-55 has as much content as it says', async () => {
    const { answer, server } = await answerOf((_, startResponse) => {
      startResponse('200 OK', [['Content-Length', '3']]);
      return ['abc', 'def'];
    });
    expect(answer.body).toBe('abc');
    expect(server.log.loud).toEqual(['error: application error']);
  });

  it('FCGI-55 an answer that is cut ends with a reset, and never with END_REQUEST', async () => {
    for (const length of [[], [['Content-Length', '9']]] as [string, string][][]) {
      const server = await startFastCgi((_, startResponse) => {
        startResponse('200 OK', length);
        return (function* () {
          yield 'abc';
          if (length.length === 0) throw new Error('broken');
        })();
      });
      const peer = await server.peer();
      peer.send(get());
      expect(await peer.closed()).toBe('reset');
      expect(peer.records.map(({ type, content }) => [type, content.length > 0])).toEqual([
        [STDOUT, true],
      ]);
    }
  });

  it('K22 a head with control characters is not sent', async () => {
    for (const value of ['a\r\nb', 'a\0b', 'a\nb']) {
      const { answer } = await answerOf((_, startResponse) => {
        startResponse('200 OK', [['X-A', value]]);
        return ['hello'];
      });
      expect(answer.status).toBe('500 Internal Server Error');
      expect(answer.headers.has('x-a')).toBe(false);
    }
  });

  it('K22 nor one that CGI cannot carry', async () => {
    const { answer, server } = await answerOf((_, startResponse) => {
      startResponse('200 OK', [
        ['Content-Type', 'text/plain'],
        ['content-type', 'text/html'],
      ]);
      return ['hello'];
    });
    expect(answer.status).toBe('500 Internal Server Error');
    expect(server.log.loud.join()).toContain('the response cannot be sent');
  });
});

describe('STDERR', () => {
  const writing: Application = (environ, startResponse) => {
    const errors = environ['wsgi.errors'];
    errors.write('one €\n');
    startResponse('200 OK', []);
    return {
      *[Symbol.iterator]() {
        yield 'a';
        errors.writelines(['two', '\n']);
        errors.write('');
        errors.flush();
        yield 'b';
      },
      close: () => errors.write('too late\n'),
    };
  };

  it('FCGI-41, FCGI-42 carries wsgi.errors when an option says so', async () => {
    let own = '';
    const { answer } = await answerOf(writing, {
      fastcgiStderr: true,
      errors: { write: (text: string) => (own += text) },
    });
    expect([answer.status, answer.body]).toEqual(['200 OK', 'ab']);
    expect(Buffer.from(answer.stderr, 'latin1').toString()).toBe('one €\ntwo\n');
    const types = answer.records.map(({ type, content }) => [type, content.length > 0]);
    expect(types).toEqual([
      [STDERR, true],
      [STDOUT, true],
      [STDERR, true],
      [STDOUT, true],
      [STDOUT, false],
      [STDERR, false],
      [END_REQUEST, true],
    ]);
    // FCGI-44: nothing comes after END_REQUEST; what is written then goes to our own log.
    expect(own).toBe('too late\n');
  });

  it('FCGI-41 is not there unless it is used', async () => {
    const { app } = recording();
    for (const fastcgiStderr of [true, false]) {
      const { answer } = await answerOf(fastcgiStderr ? app : writing, { fastcgiStderr });
      expect(answer.records.map(({ type }) => type)).not.toContain(STDERR);
    }
  });
});

describe('END_REQUEST', () => {
  it('FCGI-43 says that all is well', async () => {
    const { answer } = await answerOf(answering(() => 'hello'));
    expect(answer.records.at(-1)?.content).toEqual(Buffer.alloc(8));
  });

  it('FCGI-43 or that the application failed, behind a whole page', async () => {
    const { answer, peer } = await answerOf(() => {
      throw new Error('broken');
    });
    expect(answer).toMatchObject({
      status: '500 Internal Server Error',
      body: 'Internal Server Error\n',
      appStatus: 1,
      protocolStatus: 0,
    });
    expect((await peer.ask(get())).appStatus).toBe(1);
  });

  it('FCGI-44 nothing follows it', async () => {
    let write: ((text: string) => unknown) | undefined;
    const { peer, answer } = await answerOf((_, startResponse) => {
      write = startResponse('200 OK', []) as (text: string) => unknown;
      return ['hello'];
    });
    expect(answer.body).toBe('hello');
    expect(() => write?.('late')).toThrow();
    expect((await peer.ask(get())).body).toBe('hello');
    expect(peer.records).toEqual([]);
  });
});
