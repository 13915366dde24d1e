/** AJP answers, packet by packet. */
import { describe, expect, test } from 'vitest';
import type { ApplicationLike } from '../../src/wsgi/types.ts';
import { answering, gate, until } from '../http/kit.ts';
import { startAjp } from './kit.ts';
import { forward } from './packets.ts';

const HEAD = 3;

const answerOf = async (app: ApplicationLike, method = 2) => {
  const server = await startAjp(app);
  const peer = await server.peer();
  const answer = await peer.request(forward({ method }));
  return { answer, server, peer };
};

const kinds = (packets: readonly object[]) => packets.map((packet) => Object.keys(packet)[0]);

test('AJP-1 AJP-7 AJP-42 the bytes of an answer', async () => {
  const server = await startAjp(answering(() => 'hi'));
  const peer = await server.peer();
  peer.send(forward());
  await peer.client.expect('\x05\x01');
  expect(peer.client.text).toBe(
    [
      'AB\0\x1f\x04\0\xc8\0\x02OK\0\0\x02',
      '\xa0\x01\0\x0atext/plain\0\xa0\x03\0\x012\0',
      'AB\0\x06\x03\0\x02hi\0',
      'AB\0\x02\x05\x01',
    ].join(''),
  );
});

describe('AJP-40 the reason', () => {
  test.each([
    ['200 OK', 'OK'],
    ['299 ', '299'],
    ['404 Gone Fishing', 'Gone Fishing'],
  ])('of %j', async (status, reason) => {
    const { answer } = await answerOf((_, startResponse) => {
      startResponse(status, []);
      return [];
    });
    expect(answer).toMatchObject({ status: Number(status.slice(0, 3)), reason });
  });
});

test('AJP-39 AJP-41 headers, those that repeat too', async () => {
  const headers: [string, string][] = [
    ['Content-Type', 'text/html'],
    ['Set-Cookie', 'a=1'],
    ['X-Lat', '\xe9'],
    ['Set-Cookie', 'b=2'],
    ['WWW-Authenticate', 'Basic'],
  ];
  const { answer } = await answerOf((_, startResponse) => {
    startResponse('401 Unauthorized', headers);
    return [''];
  });
  expect(answer.headers).toEqual([...headers, ['Content-Length', '0']]);
});

test('AJP-39 a head that does not fit into a packet: 500, and a line in the log', async () => {
  const { answer, server, peer } = await answerOf((_, startResponse) => {
    startResponse('200 OK', [['X-Large', 'y'.repeat(9000)]]);
    return ['hello'];
  });
  expect(answer).toMatchObject({ status: 500, body: 'Internal Server Error\n' });
  expect(server.log.loud).toEqual(['error: the response cannot be sent']);
  expect(await peer.request(forward())).toMatchObject({ status: 500 });
});

test('AJP-3 a larger packet by the option', async () => {
  const server = await startAjp(
    (_, startResponse) => {
      startResponse('200 OK', [['X-Large', 'y'.repeat(9000)]]);
      return ['z'.repeat(60_000)];
    },
    { ajpPacketSize: 65_536 },
  );
  const { packets, body } = await (await server.peer()).request(forward());
  expect(body).toHaveLength(60_000);
  expect(kinds(packets)).toEqual(['head', 'chunk', 'end']);
});

test('AJP-42 no chunk has more than 8184 bytes', async () => {
  const { answer } = await answerOf(answering(() => 'x'.repeat(100_000)));
  expect(answer.body).toHaveLength(100_000);
  const sizes = answer.packets.map((packet) => ('chunk' in packet ? packet.chunk.length : 0));
  expect(Math.max(...sizes)).toBe(8184);
});

test('AJP-43 AJP-44 each block goes out, and is flushed, before the next is made', async () => {
  const steps = [gate(), gate()];
  const server = await startAjp(async function* (_, startResponse) {
    startResponse('200 OK', []);
    yield 'a';
    await steps[0]?.promise;
    yield 'b';
    await steps[1]?.promise;
  });
  const peer = await server.peer();
  peer.send(forward());
  const three = async () => [await peer.next(), await peer.next()];
  expect(await peer.next()).toMatchObject({ head: 200 });
  expect(await three()).toEqual([{ chunk: 'a' }, { chunk: '' }]);
  steps[0]?.open();
  expect(await three()).toEqual([{ chunk: 'b' }, { chunk: '' }]);
  steps[1]?.open();
  expect(await peer.next()).toEqual({ end: 1 });
});

test('AJP-44 blocks without bytes come to nothing', async () => {
  const { answer } = await answerOf(function* (_, startResponse) {
    startResponse('200 OK', []);
    yield '';
    yield 'a';
    yield '';
  });
  expect(kinds(answer.packets)).toEqual(['head', 'chunk', 'chunk', 'end']);
  expect(answer.body).toBe('a');
});

describe('AJP-47 answers without content', () => {
  test.each([
    ['to HEAD', HEAD, '200 OK', 'hello', '5'],
    ['204', 2, '204 No Content', '', undefined],
    ['304', 2, '304 Not Modified', '', undefined],
  ])('%s', async (_, method, status, body, length) => {
    const { answer } = await answerOf((_, startResponse) => {
      startResponse(status, []);
      return [body];
    }, method);
    expect(kinds(answer.packets)).toEqual(['head', 'end']);
    expect(new Map(answer.headers).get('Content-Length')).toBe(length);
    expect(answer.reuse).toBe(1);
  });
});

describe('AJP-45 AJP-46 answers that come to no good end', () => {
  test('an error before the head is a whole answer', async () => {
    const { answer, peer } = await answerOf(() => {
      throw new Error('broken');
    });
    expect(answer).toMatchObject({ status: 500, reuse: 1 });
    expect(await peer.request(forward())).toMatchObject({ status: 500 });
  });

  test('an error within the content: the connection is reset, without the last packet', async () => {
    const { answer, peer } = await answerOf(function* (_, startResponse) {
      startResponse('200 OK', []);
      yield 'part';
      throw new Error('broken');
    });
    expect(answer).toMatchObject({ status: 200, body: 'part', reuse: null });
    expect(await peer.closed()).toBe('reset');
  });

  test('AJP-48 less content than was declared', async () => {
    const { answer, peer } = await answerOf((_, startResponse) => {
      startResponse('200 OK', [['Content-Length', '10']]);
      return ['short'];
    });
    expect(answer).toMatchObject({ body: 'short', reuse: null });
    expect(await peer.closed()).toBe('reset');
  });

  test('AJP-48 more content than was declared is cut', async () => {
    const { answer } = await answerOf((_, startResponse) => {
      startResponse('200 OK', [['Content-Length', '3']]);
      return ['abcdef'];
    });
    expect(answer.body).toBe('abc');
    expect(answer.packets.length).toBe(3);
  });
});

describe('a web server that leaves', () => {
  test('closes the application, once', async () => {
    let closed = 0;
    let left = 0;
    const server = await startAjp((environ, startResponse) => {
      startResponse('200 OK', []);
      environ['wizgi.signal']?.addEventListener('abort', () => left++);
      return {
        async *[Symbol.asyncIterator]() {
          for (;;) {
            yield 'x'.repeat(1000);
            await new Promise((resolve) => setImmediate(resolve));
          }
        },
        close: () => {
          closed++;
        },
      };
    });
    const peer = await server.peer();
    peer.send(forward());
    expect(await peer.next()).toMatchObject({ head: 200 });
    peer.client.reset();
    await until('close()', () => closed > 0);
    expect(closed).toBe(1);
    expect(left).toBe(1);
  });

  test('and one that does not read is waited for, as long as writeTimeout says', async () => {
    let produced = 0;
    const server = await startAjp(
      async function* (_, startResponse) {
        startResponse('200 OK', []);
        for (;;) {
          produced += 65_536;
          yield 'x'.repeat(65_536);
        }
      },
      { writeTimeout: 0.2 },
    );
    const peer = await server.peer();
    peer.client.socket.pause();
    peer.send(forward());
    await until('the connection to be dropped', () =>
      server.log.lines.some(({ message }) => message === 'client does not read'),
    );
    expect(produced).toBeLessThan(50_000_000);
  });
});
