import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { streaming } from '../../src/wsgi/application.ts';
import { answering, CHUNKED_POST, gate, get, post, start, turns, until } from './kit.ts';
import { startChild } from './process.ts';

const emptyDirectory = () => mkdtemp(join(tmpdir(), 'wizgi-test-'));

/** Descriptors of this process that stand for files of a directory that have no name any more. */
function unnamedFiles(directory: string, pid: number | 'self' = 'self'): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
      return target.startsWith(directory) && target.endsWith('(deleted)') ? [target] : [];
    } catch {
      return [];
    }
  });
}

const digest = answering((environ) => {
  const body = Buffer.from(environ['wsgi.input'].read());
  return `${environ.CONTENT_LENGTH} ${body.length} ${body[0]} ${body[body.length - 1]}`;
});

describe('content that is received first', () => {
  it.each([
    ['64 KiB', 65_536, 0],
    ['one byte more', 65_537, 1],
  ])('%s: a file only beyond 64 KiB, without a name', async (_what, size, files) => {
    const directory = await emptyDirectory();
    const server = await start(
      answering((environ) => {
        const { length } = environ['wsgi.input'].read();
        return `${length} ${unnamedFiles(directory).length} ${readdirSync(directory).length}`;
      }),
      { spoolDirectory: directory },
    );
    const client = await server.client();
    client.send(post('x'.repeat(size)));
    expect((await client.answer()).body).toBe(`${size} ${files} 0`);
    expect(unnamedFiles(directory)).toEqual([]);
  });

  it('a file has no name even while content is received, and goes with the request', async () => {
    const directory = await emptyDirectory();
    const server = await start(digest, { spoolDirectory: directory });
    const client = await server.client();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
    client.send('a'.repeat(500_000));
    await until('a file', () => unnamedFiles(directory).length === 1);
    expect(readdirSync(directory)).toEqual([]);
    client.send('z'.repeat(500_000));
    expect((await client.answer()).body).toBe('1000000 1000000 97 122');
    expect(unnamedFiles(directory)).toEqual([]);
  });

  it('a client that leaves while content is received leaves no file', async () => {
    const directory = await emptyDirectory();
    const server = await start(digest, { spoolDirectory: directory });
    const client = await server.client();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
    client.send('a'.repeat(500_000));
    await until('a file', () => unnamedFiles(directory).length === 1);
    client.reset();
    await until('no file', () => unnamedFiles(directory).length === 0);
  });

  it('nothing is left after kill -9', async () => {
    const directory = await emptyDirectory();
    const child = await startChild('echo-length', { spoolDirectory: directory });
    const client = await child.client();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
    client.send('a'.repeat(500_000));
    await until('a file', () => unnamedFiles(directory, child.pid).length === 1);
    process.kill(child.pid, 'SIGKILL');
    await child.ended;
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([
    ['in pieces', 250_000, 1],
    ['large', 3_000_000, 1],
    ['in small pieces', 200_000, 977],
  ])(
    'chunked content, %s: CONTENT_LENGTH is known, and every byte is there',
    async (_what, size, chunk) => {
      const content = Buffer.from(Array.from({ length: size }, (_, i) => (i * 7919) % 251));
      let received: Buffer | undefined;
      const server = await start(
        answering((environ) => {
          received = Buffer.from(environ['wsgi.input'].read());
          return String(environ.CONTENT_LENGTH);
        }),
      );
      const client = await server.client();
      client.send(CHUNKED_POST);
      const step = chunk === 1 ? 65_536 : chunk;
      for (let at = 0; at < size; at += step) {
        const piece = content.subarray(at, at + step);
        client.send(`${piece.length.toString(16)}\r\n`);
        client.send(piece);
        client.send('\r\n');
      }
      client.send('0\r\n\r\n');
      const answer = await client.answer();
      expect(answer.body).toBe(String(size));
      expect(received?.equals(content)).toBe(true);
    },
  );

  it('bodyInMemory 0 puts everything into a file', async () => {
    const server = await start(digest, { bodyInMemory: 0 });
    const client = await server.client();
    client.send(post('hello'));
    expect((await client.answer()).body).toBe('5 5 104 111');
  });

  it('E14 a directory that cannot be written to: 500, one error, and the server lives', async () => {
    const server = await start(digest, {
      spoolDirectory: '/proc/nowhere',
      bodyInMemory: 10,
    });
    const client = await server.client();
    client.send(post('x'.repeat(100)));
    expect((await client.answer()).status).toBe(500);
    await client.closed();
    expect(server.log.loud).toEqual([
      'error: the request body could not be stored',
      'refused body-not-stored',
    ]);
    const next = await server.client();
    next.send(post('small'));
    expect((await next.answer()).status).toBe(200);
  });

  it('E14 a full file system: 507, and the space is free again', async ({ skip }) => {
    const directory = join(await emptyDirectory(), 'small');
    mkdirSync(directory);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', directory]);
    if (mounted.status !== 0) {
      if (process.env.CI === 'true') throw new Error(String(mounted.stderr));
      skip('mounting a small tmpfs needs root');
    }
    onTestFinished(() => {
      spawnSync('umount', [directory]);
    });
    const server = await start(digest, { spoolDirectory: directory });
    for (let round = 0; round < 3; round++) {
      const full = await server.client();
      full.send(post('x'.repeat(1_000_000)));
      expect((await full.answer()).status).toBe(507);
      await full.closed();
      expect(readdirSync(directory)).toEqual([]);
      const fits = await server.client();
      fits.send(post('x'.repeat(200_000)));
      expect((await fits.answer()).body).toBe('200000 200000 120 120');
    }
    expect(server.log.lines.filter(({ level }) => level === 'error')).toHaveLength(3);
  });
});

describe('content that is streamed', () => {
  it('the application is entered at once, and reads as content arrives', async () => {
    const server = await start(
      streaming((environ, startResponse) => {
        startResponse('200 OK', []);
        expect(environ['wizgi.streaming']).toBe(true);
        return (async function* () {
          yield 'entered ';
          for await (const block of environ['wizgi.input'] ?? []) yield Buffer.from(block);
        })();
      }),
    );
    const client = await server.client();
    client.send(CHUNKED_POST);
    await client.expect('entered ');
    client.send('3\r\nabc\r\n');
    await client.expect('abc');
    client.send('3\r\ndef\r\n0\r\n\r\n');
    expect((await client.answer()).body).toBe('entered abcdef');
    client.send(get());
    expect((await client.answer()).body).toBe('entered ');
  });

  it('E10 one that does not read holds the client back', async () => {
    const ready = gate();
    const server = await start(
      streaming(async (environ, startResponse) => {
        await ready.promise;
        let size = 0;
        for await (const block of environ['wizgi.input'] ?? []) size += block.length;
        startResponse('200 OK', []);
        return [String(size)];
      }),
    );
    const client = await server.client();
    const size = 64 << 20;
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
    const block = Buffer.alloc(1 << 20);
    let sent = 0;
    let quiet = performance.now();
    while (performance.now() - quiet < 400 && sent < size) {
      if (client.socket.writableLength === 0) {
        client.send(block);
        sent += block.length;
        quiet = performance.now();
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(sent).toBeLessThan(32 << 20);
    ready.open();
    while (sent < size) {
      client.send(block);
      sent += block.length;
      await until('room', () => client.socket.writableLength < 4 << 20);
    }
    expect((await client.answer()).body).toBe(String(size));
  });

  it('an upload and an answer of any size cross each other', async () => {
    const server = await start(
      streaming((environ, startResponse) => {
        startResponse('200 OK', []);
        return environ['wizgi.input'] as AsyncIterable<Uint8Array>;
      }),
    );
    const client = await server.client();
    const content = Buffer.alloc(8 << 20, 'abcdefghijklmnopqrstuvwxyz');
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${content.length}\r\n\r\n`);
    client.send(content);
    expect((await client.answer()).body).toBe(content.toString());
  });
});

describe('memory', () => {
  /** Bytes of resident memory. */
  const resident = (pid: number) =>
    1024 * Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

  it.each([
    [
      'E10 O35 an upload of 256 MiB that a streaming application never reads',
      'never-reads',
      16 << 20,
    ],
    ['HTTP upload of 256 MiB that is received first', 'echo-length', 128 << 20],
  ])('%s', async (_what, app, bound) => {
    const child = await startChild(app, {});
    const warm = await child.client();
    warm.send(post('x'.repeat(1_000_000)));
    await until('the upload to be taken', () => warm.socket.writableLength === 0 || warm.received);
    const before = resident(child.pid);
    const client = await child.client();
    const size = 256 << 20;
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
    const block = Buffer.alloc(1 << 20);
    let most = 0;
    let quiet = performance.now();
    for (let sent = 0; sent < size && performance.now() - quiet < 500; ) {
      if (client.socket.writableLength < 1 << 20) {
        client.send(block);
        sent += block.length;
        quiet = performance.now();
        most = Math.max(most, resident(child.pid));
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(most - before).toBeLessThan(bound);
  });

  it('E11 an endless answer that is not read', async () => {
    const child = await startChild('endless', {});
    const before = resident(child.pid);
    const client = await child.client();
    client.socket.pause();
    client.send(get());
    let most = 0;
    for (let look = 0; look < 20; look++) {
      await new Promise((resolve) => setTimeout(resolve, 25));
      most = Math.max(most, resident(child.pid));
    }
    expect(most - before).toBeLessThan(24 << 20);
  });

  it('E9 HTTP-67 megabytes of pipelined requests that are not read for', async () => {
    const child = await startChild('large', {});
    const before = resident(child.pid);
    const client = await child.client();
    client.socket.pause();
    const many = get().repeat(20_000);
    for (let round = 0; round < 40; round++) {
      client.send(many);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(resident(child.pid) - before).toBeLessThan(32 << 20);
  });

  it('P4 clients that leave, thousands of them, leave nothing behind', async () => {
    const child = await startChild('slow', {});
    const handles = async () => {
      const asking = await child.client();
      asking.send(get('/handles', 'Connection: close\r\n'));
      const { body } = await asking.answer();
      await asking.closed();
      return body;
    };
    const before = await handles();
    const heads = [get('/slow'), 'GET / HT', post('hello').slice(0, -1), '', get('/')];
    for (let round = 0; round < 60; round++) {
      const clients = await Promise.all(Array.from({ length: 25 }, () => child.client()));
      clients.forEach((client, index) => {
        client.send(heads[index % heads.length] as string);
        if (index % 2 === 0) client.reset();
        else client.socket.destroy();
      });
    }
    let after = '';
    const deadline = performance.now() + 8_000;
    while (after !== before && performance.now() < deadline) {
      after = await handles();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(after).toBe(before);
  });
});

describe('blocks of content', () => {
  /** Answers what it read, and makes nothing of it. */
  async function read(blocks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
    let text = '';
    for await (const block of blocks) {
      text += Buffer.isBuffer(block) ? block.toString('latin1') : 'no Buffer';
      block.fill(0);
    }
    return text;
  }

  const readers = {
    received: answering((environ) => read([environ['wsgi.input'].read()])),
    streamed: streaming(answering((environ) => read(environ['wizgi.input'] ?? []))),
  };
  const requests = ['one', 'x'.repeat(5_000), '', 'y'.repeat(1_500), 'two'];
  const bytes = Buffer.from(requests.map((text) => post(text)).join(''));

  it.each([
    ['received', 'at once', bytes.length],
    ['received', 'in pieces', 700],
    ['received', 'in small pieces', 9],
    ['streamed', 'at once', bytes.length],
    ['streamed', 'in pieces', 700],
    ['streamed', 'in small pieces', 9],
  ] as const)('%s %s are Buffers of the application’s own', async (how, _cut, size) => {
    const server = await start(readers[how]);
    const client = await server.client();
    for (let at = 0; at < bytes.length; at += size) {
      client.send(bytes.subarray(at, at + size));
      await turns(1);
    }
    for (const text of requests) expect((await client.answer()).body).toBe(text);
  });
});
