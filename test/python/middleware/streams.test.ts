/** Content through Python middleware, both ways, at the pace of the slower side. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { streaming } from '../../../src/wsgi/application.ts';
import type { Application } from '../../../src/wsgi/types.ts';
import { TEXT } from '../../conformance/apps.ts';
import { Gate, quiet, until } from '../../conformance/harness.ts';
import { need } from '../../interop/components.ts';
import { sizes, surround } from './surround.ts';

const MIB = 1024 * 1024;
const BLOCK = 64 * 1024;

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

/** Tells length and hash of what it reads from `wsgi.input`. */
const summing: Application = (environ, startResponse) => {
  const hash = createHash('sha256');
  let size = 0;
  for (;;) {
    const block = environ['wsgi.input'].read(10_000);
    if (block.length === 0) break;
    hash.update(block);
    size += block.length;
  }
  startResponse('200 OK', TEXT);
  return [`${size} ${hash.digest('hex')}`];
};

/** The same from `wizgi.input`, as it comes. */
const summingStream = streaming(async (environ, startResponse) => {
  const hash = createHash('sha256');
  let size = 0;
  for await (const block of environ['wizgi.input'] ?? []) {
    hash.update(block);
    size += block.length;
  }
  startResponse('200 OK', TEXT);
  return [`${size} ${hash.digest('hex')}`];
});

async function* inPieces(content: Uint8Array, size: number) {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

/** Bytes of memory that a process has. */
function memoryOf(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(line?.[1]) * 1024;
}

const SIZES = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * MIB + 7, 20 * MIB];

describe.each(sizes)('content through middleware in Python, $name', ({ threads }) => {
  beforeEach((context) => void need('python3', context));

  it.each([
    ['wsgi.input', 'identity', summing],
    ['wsgi.input', "wsgiref's validator", summing],
    ['wizgi.input', 'identity', summingStream],
    ['wizgi.input', "wsgiref's validator", summingStream],
  ])('uploads of any size reach %s behind %s', async (_input, middleware, app) => {
    const target = middleware === 'identity' ? 'around:identity' : 'wsgiref.validate:validator';
    const { served } = await surround(target, app, { threads });
    for (const size of SIZES) {
      const content = randomBytes(size);
      const expected = `${size} ${sha256(content)}`;
      const whole = await served.request({ method: 'POST', body: content });
      expect(whole.body.toString()).toBe(expected);
      const chunked = await served.request({ method: 'POST', body: inPieces(content, 100_000) });
      expect(chunked.body.toString()).toBe(expected);
    }
  });

  it('an upload that nobody reads is no hindrance', async () => {
    const app: Application = (_environ, startResponse) => {
      startResponse('200 OK', TEXT);
      return ['unread'];
    };
    for (const inner of [app, streaming(app)]) {
      const { served } = await surround('around:identity', inner, { threads });
      for (const size of [BLOCK, 5 * MIB]) {
        const answer = await served.request({ method: 'POST', body: Buffer.alloc(size) });
        expect(answer.body.toString()).toBe('unread');
      }
    }
  });

  it('a streaming application converses', async () => {
    const { served } = await surround(
      'around:shouting',
      streaming((environ, startResponse) => {
        startResponse('200 OK', TEXT);
        return (async function* () {
          yield 'ready ';
          for await (const block of environ['wizgi.input'] ?? []) yield block;
        })();
      }),
      { threads },
    );
    const gates = [new Gate(), new Gate()];
    const exchange = served.open({
      method: 'POST',
      body: (async function* () {
        for (const [index, gate] of gates.entries()) {
          await gate.opened;
          yield `piece ${index}`;
        }
      })(),
    });
    expect((await exchange.read())?.toString()).toBe('READY ');
    gates[0]?.open();
    expect((await exchange.read())?.toString()).toBe('PIECE 0');
    gates[1]?.open();
    expect((await exchange.read())?.toString()).toBe('PIECE 1');
    expect(await exchange.read()).toBeNull();
  });

  it.each([
    ['blocks', BLOCK],
    ['one block', 20 * MIB],
  ])('20 MiB in %s arrive whole', async (_how, size) => {
    const content = randomBytes(20 * MIB);
    const { served } = await surround(
      'around:identity',
      (_environ, startResponse) => {
        startResponse('200 OK', TEXT);
        return inPieces(content, size);
      },
      { threads },
    );
    const { body, complete } = await served.request();
    expect([complete, body.length, sha256(body)]).toEqual([true, content.length, sha256(content)]);
  });

  it('a block may be used again when the next one is asked for', async () => {
    const { served } = await surround(
      'around:identity',
      (_environ, startResponse) => {
        startResponse('200 OK', TEXT);
        return (function* () {
          const block = Buffer.alloc(BLOCK);
          for (let count = 0; count < 80; count++) yield block.fill(count);
        })();
      },
      { threads },
    );
    const { body } = await served.request();
    expect(body.length).toBe(80 * BLOCK);
    for (let count = 0; count < 80; count++) {
      const block = body.subarray(count * BLOCK, (count + 1) * BLOCK);
      expect(block.equals(Buffer.alloc(BLOCK, count))).toBe(true);
    }
  });

  it('a slow client stops the application, and takes no memory', async (context) => {
    if (process.platform !== 'linux') return context.skip('memory is read from /proc');
    let produced = 0;
    const surrounded = await surround(
      'around:shouting',
      (_environ, startResponse) => {
        startResponse('200 OK', TEXT);
        return (function* () {
          for (let count = 0; count < (100 * MIB) / BLOCK; count++) {
            produced += BLOCK;
            yield Buffer.alloc(BLOCK, 'x');
          }
        })();
      },
      { threads },
    );
    const before = memoryOf(surrounded.pid);
    const exchange = surrounded.served.open();
    await exchange.head();
    let last = -1;
    while (produced !== last) {
      last = produced;
      await quiet(100);
    }
    // What the windows and the system's buffers for the connection hold.
    expect(produced).toBeLessThan(16 * MIB);
    expect(memoryOf(surrounded.pid) - before).toBeLessThan(8 * MIB);
    let received = 0;
    for (;;) {
      const piece = await exchange.read();
      if (piece === null) break;
      expect(piece[0]).toBe('X'.charCodeAt(0));
      received += piece.length;
    }
    expect(received).toBe(100 * MIB);
    expect(memoryOf(surrounded.pid) - before).toBeLessThan(8 * MIB);
  });

  it('an upload waits for a streaming application that reads slowly', async () => {
    const gate = new Gate();
    const { served } = await surround(
      'around:identity',
      streaming(async (environ, startResponse) => {
        await environ['wizgi.input']?.read(1);
        await gate.opened;
        const rest = await environ['wizgi.input']?.read();
        startResponse('200 OK', TEXT);
        return [String(rest?.length)];
      }),
      { threads },
    );
    let sent = 0;
    const answer = served.request({
      method: 'POST',
      body: (async function* () {
        for (; sent < 20 * MIB; sent += BLOCK) yield Buffer.alloc(BLOCK);
      })(),
    });
    let last = -1;
    await until(() => sent > 0);
    while (sent !== last) {
      last = sent;
      await quiet(100);
    }
    expect(sent).toBeLessThan(16 * MIB);
    gate.open();
    expect((await answer).body.toString()).toBe(String(20 * MIB - 1));
  });
});
