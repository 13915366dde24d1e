/** The content of AJP requests, which comes packet by packet. */
import { describe, expect, test } from 'vitest';
import { streaming } from '../../src/wsgi/application.ts';
import type { AsyncInput } from '../../src/wsgi/input.ts';
import type { Environ } from '../../src/wsgi/types.ts';
import { answering, gate, recording, until } from '../http/kit.ts';
import { noting, startAjp } from './kit.ts';
import { CPING, content, forward, NO_CONTENT, packet } from './packets.ts';

const LENGTH = 0xa008;
const sized = (size: number) => forward({ method: 4, headers: [[LENGTH, String(size)]] });
const CHUNKED = forward({ method: 4, headers: [['Transfer-Encoding', 'chunked']] });
const asyncInput = (environ: Environ) => environ['wizgi.input'] as AsyncInput;
const asks = (packets: readonly object[]) =>
  packets.flatMap((packet) => ('ask' in packet ? [packet.ask] : []));

test('AJP-30 the first packet is read before anything is asked for', async () => {
  const peer = await (await startAjp(noting().app)).peer();
  peer.send(sized(5), content('hello'));
  const { packets, body } = await peer.answer();
  expect(body).toBe('hello');
  expect(asks(packets)).toEqual([]);
});

test('AJP-30 AJP-33 AJP-34 the others are asked for, each as large as may be', async () => {
  const peer = await (await startAjp(noting().app)).peer();
  const data = Array.from({ length: 20_000 }, (_, index) => index % 10).join('');
  peer.send(sized(20_000), content(data.slice(0, 8186)));
  const { body, packets } = await peer.answer([data.slice(8186, 16_372), data.slice(16_372)]);
  expect(body).toBe(data);
  expect(asks(packets)).toEqual([8186, 3628]);
});

test('AJP-33 packets of any size are taken', async () => {
  const peer = await (await startAjp(noting().app)).peer();
  peer.send(sized(10), content('a'));
  const { body, packets, reuse } = await peer.answer(['bcd', 'e', 'fghij']);
  expect(body).toBe('abcdefghij');
  expect(asks(packets)).toEqual([9, 6, 5]);
  expect(reuse).toBe(1);
});

describe.each([
  ['a packet of nothing', NO_CONTENT],
  ['a length of nothing', content('')],
])('AJP-32 AJP-35 AJP-36 content of unknown length that ends with %s', (_, end) => {
  test('is asked for, and never beyond its end', async () => {
    const { app, environs } = noting();
    const peer = await (await startAjp(app)).peer();
    for (const pieces of [['hello world'], ['hello', ' world'], []]) {
      peer.send(CHUNKED);
      for (const piece of pieces) {
        expect(await peer.next()).toEqual({ ask: 8186 });
        peer.send(content(piece));
      }
      expect(await peer.next()).toEqual({ ask: 8186 });
      peer.send(end);
      const { packets, body } = await peer.answer();
      expect(body).toBe(pieces.join('') || '-');
      expect(asks(packets)).toEqual([]);
    }
    expect(environs.map(({ CONTENT_LENGTH }) => CONTENT_LENGTH)).toEqual(['11', '11', '0']);
    expect(environs[0]).not.toHaveProperty('HTTP_TRANSFER_ENCODING');
  });
});

describe('content that the application does not read', () => {
  test('AJP-37 is swallowed, and the connection goes on', async () => {
    const { app, calls } = recording();
    const peer = await (await startAjp(app)).peer();
    for (let round = 0; round < 3; round++) {
      peer.send(sized(5), content('hello'));
      expect(await peer.answer()).toMatchObject({ status: 200, reuse: 1 });
    }
    expect(calls).toHaveLength(3);
  });

  test('AJP-37 is swallowed when its answer was faster', async () => {
    const app = streaming((_, startResponse) => {
      startResponse('200 OK', []);
      return ['done'];
    });
    const server = await startAjp(app);
    const peer = await server.peer();
    for (let round = 0; round < 3; round++) {
      peer.send(sized(100_000));
      expect(await peer.answer()).toMatchObject({ body: 'done', reuse: 1 });
      peer.send(content('x'.repeat(8186)));
    }
    peer.send(CPING);
    expect(await peer.next()).toEqual({ pong: true });
    expect(server.log.loud).toEqual([]);
  });

  test('M9 M16 is not waited for without end, and nothing else is taken for it', async () => {
    const app = streaming((_, startResponse) => {
      startResponse('200 OK', []);
      return ['done'];
    });
    for (const [bodyTimeout, packets, reason] of [
      [0.1, [], 'body-timeout'],
      [30, [forward()], 'bad-body-packet'],
    ] as const) {
      const server = await startAjp(app, { bodyTimeout });
      const peer = await server.peer();
      peer.send(sized(5));
      expect(await peer.answer()).toMatchObject({ body: 'done' });
      peer.send(...packets);
      expect(await peer.next()).toBe('fin');
      expect(server.log.loud).toEqual([`refused ${reason}`]);
    }
  });
});

describe('content that breaks the rules', () => {
  test.each([
    ['M9 is longer than the head says', content('0123456789'), 'body-too-long'],
    ['M9 has a length beyond its packet', packet(Buffer.from('\0\x06hello')), 'bad-body-packet'],
    ['M9 has bytes behind it', packet(Buffer.from('\0\x05hello!')), 'bad-body-packet'],
    ['M9 is another request', forward(), 'bad-body-packet'],
    ['M9 is a CPing', CPING, 'beyond-packet'],
    ['M10 ends before its length', NO_CONTENT, 'incomplete-body'],
  ])('%s: 400, and the connection closes', async (_, bytes, reason) => {
    const { app, calls } = recording();
    const server = await startAjp(app);
    const peer = await server.peer();
    peer.send(sized(5), bytes, forward());
    expect(await peer.answer()).toMatchObject({ status: 400, reuse: 0 });
    expect(await peer.closed()).toBe('fin');
    expect(peer.client.buffer).toHaveLength(0);
    expect(calls).toEqual([]);
    expect(server.log.loud).toEqual([`refused ${reason}`]);
  });

  test('M10 the connection ends where content is due: the application that reads it hears', async () => {
    let error: unknown = null;
    const app = streaming(async (environ, startResponse) => {
      try {
        await asyncInput(environ).read();
      } catch (thrown) {
        error = thrown;
      }
      startResponse('200 OK', []);
      return [];
    });
    const server = await startAjp(app);
    const peer = await server.peer();
    peer.send(sized(10), content('abc'));
    await peer.next();
    peer.client.end();
    await until('the error', () => error);
    expect(error).toMatchObject({ name: 'WsgiError', code: 'input-incomplete' });
    expect(server.log.loud).toEqual(['refused incomplete-body']);
  });

  test('M10 an application that waits for the whole is not called', async () => {
    const { app, calls } = recording();
    const server = await startAjp(app);
    const peer = await server.peer();
    peer.send(sized(10), content('abc'));
    expect(await peer.next()).toEqual({ ask: 7 });
    peer.client.end();
    expect(await peer.answer()).toMatchObject({ status: 400, reuse: 0 });
    expect(calls).toEqual([]);
  });

  test('M16 content that was asked for and does not come', async () => {
    const server = await startAjp(recording().app, { bodyTimeout: 0.1 });
    const peer = await server.peer();
    peer.send(CHUNKED);
    expect(await peer.next()).toEqual({ ask: 8186 });
    expect(await peer.answer()).toMatchObject({ status: 408, reuse: 0 });
    expect(await peer.closed()).toBe('fin');
    expect(server.log.loud).toEqual(['refused body-timeout']);
  });

  test('content beyond the limit', async () => {
    const server = await startAjp(recording().app, { maxBody: 10 });
    const told = await server.peer();
    told.send(sized(11));
    expect(await told.answer()).toMatchObject({ status: 413, reuse: 0 });
    const untold = await server.peer();
    untold.send(CHUNKED);
    expect(await untold.answer(['hello', 'world', '!'])).toMatchObject({ status: 413, reuse: 0 });
    const within = await server.peer();
    within.send(CHUNKED);
    expect(await within.answer(['hello', 'world'])).toMatchObject({ status: 200 });
  });
});

describe('streaming applications', () => {
  test('AJP-33 read content as it comes, while they answer', async () => {
    const app = streaming(async function* (environ, startResponse) {
      startResponse('200 OK', []);
      for await (const data of asyncInput(environ)) yield `<${Buffer.from(data).toString()}>`;
    });
    const peer = await (await startAjp(app)).peer();
    peer.send(CHUNKED);
    const pieces = ['a', 'b', 'c'];
    const seen: string[] = [];
    while (seen.length < 3) {
      const packet = await peer.next();
      if (typeof packet !== 'object') throw new Error(packet);
      // A piece is sent only when the one before it came back.
      if ('chunk' in packet && packet.chunk !== '') seen.push(packet.chunk);
      if (seen.length === 3 - pieces.length && pieces.length > 0) {
        peer.send(content(pieces.shift() as string));
      }
    }
    expect(seen).toEqual(['<a>', '<b>', '<c>']);
    peer.send(NO_CONTENT);
    expect(await peer.answer()).toMatchObject({ body: '', reuse: 1 });
  });

  test('are asked for nothing before they read, and are not hurried', async () => {
    const go = gate();
    const app = streaming(async (environ, startResponse) => {
      await go.promise;
      const data = await asyncInput(environ).read();
      startResponse('200 OK', []);
      return [String(data.length)];
    });
    const server = await startAjp(app, { bodyTimeout: 1, bodyMinRate: 0 });
    const [known, unknown] = [await server.peer(), await server.peer()];
    const piece = 'x'.repeat(8186);
    known.send(sized(20 * 8186), content(piece));
    unknown.send(CHUNKED);
    const packets = [known.next(), unknown.next()];
    const quiet = new Promise((resolve) => setTimeout(resolve, 1500, 'quiet'));
    expect(await Promise.race([...packets, quiet])).toBe('quiet');
    go.open();
    expect(await Promise.all(packets)).toEqual([{ ask: 8186 }, { ask: 8186 }]);
    known.send(content(piece));
    unknown.send(content(piece));
    const rest = Array.from({ length: 18 }, () => piece);
    // Both at once: each is asked for its next piece from here on, and may be late with it.
    expect(await Promise.all([known.answer([...rest]), unknown.answer([...rest])])).toMatchObject([
      { body: String(20 * 8186), reuse: 1 },
      { body: String(19 * 8186), reuse: 1 },
    ]);
    expect(server.log.loud).toEqual([]);
  });
});

test('a large upload goes into a file, packet by packet', async () => {
  const app = answering((environ) => {
    const data = Buffer.from(environ['wsgi.input'].read());
    return `${data.length} ${data.every((byte) => byte === 0x78)}`;
  });
  const peer = await (await startAjp(app, { bodyInMemory: 10_000 })).peer();
  const count = 200;
  const piece = 'x'.repeat(8186);
  peer.send(sized(count * 8186), content(piece));
  const answer = await peer.answer(Array.from({ length: count - 1 }, () => piece));
  expect(answer).toMatchObject({ status: 200, body: `${count * 8186} true`, reuse: 1 });
});
