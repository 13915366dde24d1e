/** Back-pressure: neither an upload nor an answer piles up in memory. */
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect, it, onTestFinished } from 'vitest';
import { fromNode, type NodeHandler } from 'wizgi/node';
import { AjpClient } from '../../src/protocols/ajp/index.ts';
import { FastCgiClient } from '../../src/protocols/fastcgi/index.ts';
import { quiet, until } from '../conformance/harness.ts';
import { httpHarness } from '../conformance/harness-http.ts';
import { metaHarness } from '../conformance/harness-meta.ts';
import { adapted, send } from './servers.ts';

const fastcgi = metaHarness({
  name: 'FastCGI',
  scheme: 'fastcgi',
  client: () => new FastCgiClient(),
  counted: false,
});
const ajp = metaHarness({
  name: 'AJP',
  scheme: 'ajp',
  client: () => new AjpClient(),
  counted: false,
});

const MEBIBYTE = 1024 * 1024;

function opened(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Waits until a count no longer grows. */
async function settled(count: () => number): Promise<number> {
  let last = -1;
  while (last !== count() || last === 0) {
    last = count();
    await quiet(100);
  }
  return last;
}

/** What may be under way between a handler and a client that reads nothing: buffers of both systems. */
const UNDER_WAY = 16 * MEBIBYTE;

it.each<[string, NodeHandler, () => number]>(
  (() => {
    let written = 0;
    const block = Buffer.alloc(64 * 1024);
    const byDrain: NodeHandler = (_request, response) => {
      written = 0;
      const write = () => {
        for (let more = true; more; written += block.length) more = response.write(block);
        response.once('drain', write);
      };
      write();
    };
    const byPipeline: NodeHandler = (_request, response) => {
      written = 0;
      const source = new Readable({
        read() {
          written += block.length;
          this.push(block);
        },
      });
      pipeline(source, response).catch(() => undefined);
    };
    return [
      ["that waits for 'drain'", byDrain, () => written],
      ['that pipes a stream', byPipeline, () => written],
    ];
  })(),
)('a handler %s stops when nobody reads, and goes on', async (_what, handler, written) => {
  const site = await adapted(handler);
  const socket = opened(site.port);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const first = await settled(written);
  expect(first).toBeLessThan(UNDER_WAY);
  socket.resume();
  await until(() => written() > first + UNDER_WAY, 'more of the answer');
});

it('an upload that the handler does not read waits at the client', async () => {
  const site = await adapted(() => undefined);
  const socket = opened(site.port);
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${1024 * MEBIBYTE}\r\n\r\n`);
  const block = Buffer.alloc(64 * 1024);
  let sent = 0;
  const write = () => {
    while (socket.write(block)) sent += block.length;
    socket.once('drain', write);
  };
  write();
  expect(await settled(() => sent)).toBeLessThan(UNDER_WAY);
});

it('a slow reader gets all of an upload, piece by piece', async () => {
  let most = 0;
  const site = await adapted(async (request, response) => {
    let size = 0;
    for await (const piece of request) {
      size += (piece as Buffer).length;
      most = Math.max(most, request.readableLength);
      if (size % 7 === 0) await new Promise(setImmediate);
    }
    response.end(String(size));
  });
  async function* body() {
    for (let count = 0; count < 256; count++) yield Buffer.alloc(64 * 1024 - count);
  }
  const total = 256 * 64 * 1024 - (255 * 256) / 2;
  const answer = await send(site, { method: 'POST', body: body() });
  expect(String(answer.body)).toBe(String(total));
  expect(most).toBeLessThan(MEBIBYTE);
});

it('an upload streams: the handler answers piece by piece, while it arrives', async () => {
  const site = await adapted((request, response) => {
    request.on('data', (piece: Buffer) => response.write(String(piece).toUpperCase()));
    request.on('end', () => response.end());
  });
  const socket = opened(site.port);
  let seen = '';
  socket.on('data', (data) => {
    seen += data;
  });
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  for (const piece of ['one', 'two', 'six']) {
    socket.write(`3\r\n${piece}\r\n`);
    await until(() => seen.includes(piece.toUpperCase()), piece);
  }
  socket.write('0\r\n\r\n');
  await until(() => seen.endsWith('0\r\n\r\n'));
});

it('a body that is still being read when the answer is out is read to its end', async () => {
  let size = 0;
  const site = await adapted((request, response) => {
    request.on('data', (piece: Buffer) => {
      size += piece.length;
    });
    response.end('thanks');
  });
  const socket = opened(site.port);
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf');
  await until(() => size === 4);
  socket.write('half');
  await until(() => size === 8);
});

it('a body that is piped to a slow stream when the answer is out gets there whole', async () => {
  let size = 0;
  let over = false;
  const site = await adapted((request, response) => {
    const slow = new Writable({
      highWaterMark: 1,
      write(piece: Buffer, _encoding, callback) {
        size += piece.length;
        setImmediate(callback);
      },
      final(callback) {
        over = true;
        callback();
      },
    });
    request.pipe(slow);
    response.end('thanks');
  });
  await send(site, { method: 'POST', body: Buffer.alloc(MEBIBYTE) });
  await until(() => over, 'the end of the body');
  expect(size).toBe(MEBIBYTE);
});

it('pause() and resume() of a request hold', async () => {
  let read = 0;
  let resume = () => {};
  const site = await adapted((request, response) => {
    request.on('data', (piece: Buffer) => {
      read += piece.length;
      if (read === piece.length) {
        request.pause();
        resume = () => request.resume();
      }
    });
    request.on('end', () => response.end(String(read)));
  });
  const answer = send(site, { method: 'POST', body: Buffer.alloc(MEBIBYTE) });
  await until(() => read > 0);
  const before = read;
  await quiet();
  expect(read).toBe(before);
  resume();
  expect(String((await answer).body)).toBe(String(MEBIBYTE));
});

it.each([httpHarness, fastcgi, ajp])('flushHeaders() sends the head: $name', async (harness) => {
  let answer: ServerResponse | null = null;
  const served = await harness.serve(
    fromNode((_request, response) => {
      answer = response;
      response.setHeader('X-Early', '1').flushHeaders();
    }),
    { timeout: 0.4 },
  );
  onTestFinished(() => served.close());
  const exchange = served.open();
  expect((await exchange.head()).headers.get('X-Early')).toBe('1');
  await quiet(600);
  (answer as ServerResponse | null)?.end('late');
  expect(String(await exchange.read())).toBe('late');
  expect(await exchange.read()).toBeNull();
});
