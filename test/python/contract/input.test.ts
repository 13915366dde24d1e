/** wsgi.input of Python workers. (PEP 3333, Input and Error Streams) */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, type TestContext } from 'vitest';
import type { RequestSpec } from '../../conformance/harness.ts';
import type { RawConnection } from '../../conformance/wire.ts';
import { FACTOR } from '../../fuzz/effort.ts';
import { type Site, sites, THREADS } from './site.ts';

const siteOf = sites();

const KIB = 1024;

/** Where something changes: what travels with a request, what the server keeps in memory, a demand. */
const BORDERS = [64 * KIB, 128 * KIB, 256 * KIB, 512 * KIB];
const size = fc.oneof(
  fc.constantFrom(0, 1, 2),
  fc
    .tuple(fc.constantFrom(...BORDERS), fc.integer({ min: -2, max: 2 }))
    .map(([border, off]) => border + off),
  fc.integer({ min: 0, max: 700 * KIB }),
);
const upload = fc.record({
  seed: fc.nat({ max: 3 }),
  size,
  steps: fc.nat({ max: 1_000_000 }),
  chunked: fc.boolean(),
});

const bodies = new Map<number, Buffer>();

/** Content that the worker can make, too. */
async function bodyOf(site: Site, seed: number, bytes: number): Promise<Buffer> {
  const body = bodies.get(seed) ?? (await site.ask(`/reading/body?seed=${seed}`)).body;
  bodies.set(seed, body);
  expect(body.length).toBeGreaterThanOrEqual(bytes);
  return body.subarray(0, bytes);
}

/** Content of unknown length, in pieces. */
async function* inPieces(body: Buffer, piece = 50_000): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += piece) yield body.subarray(at, at + piece);
}

const modes = THREADS.flatMap((threads) => [
  { threads, how: 'received' as const },
  { threads, how: 'streamed' as const },
]);

describe.each(modes)('wsgi.input, $how, $threads threads', ({ threads, how }) => {
  const ask = (site: Site, path: string, spec: RequestSpec, key?: string) =>
    site.ask(path, key, { method: 'POST', ...spec }, how === 'streamed');

  it('reads as io.BytesIO does', async (context) => {
    const site = await siteOf(context, { threads });
    await fc.assert(
      fc.asyncProperty(upload, async ({ seed, size, steps, chunked }) => {
        const body = await bodyOf(site, seed, size);
        const path = `/reading/oracle?seed=${seed}&size=${size}&steps=${steps}`;
        const answer = await ask(site, path, { body: chunked ? inPieces(body) : body });
        expect(answer.body.toString()).toBe('same');
      }),
      { numRuns: 40 * FACTOR },
    );
  });

  it('has every method that the PEP names, and gives bytes', async (context) => {
    const site = await siteOf(context, { threads });
    for (const body of ['', 'line\nrest', Buffer.alloc(100_000, 'line\n')]) {
      const key = `methods-${how}-${threads}-${body.length}`;
      await ask(site, '/reading/methods', { body }, key);
      expect(await site.events(key)).toEqual([
        [true, true, true, true, true],
        ['bytes', 'bytes'],
        true,
      ]);
    }
  });

  it('ends with the content, whatever follows on the connection', async (context) => {
    const site = await siteOf(context, { threads });
    const connection = await (how === 'streamed' ? site.streamed : site.served).connect();
    for (const body of ['0123456789', '', 'x'.repeat(70_000)]) {
      connection.send(
        `POST /reading/digest/k HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    }
    for (const length of [10, 0, 70_000]) {
      const answer = await connection.readAnswer();
      expect((JSON.parse(answer.body.toString()) as number[])[0]).toBe(length);
    }
    connection.close();
  });

  it('takes content without a length, as an unbroken whole', async (context) => {
    const site = await siteOf(context, { threads });
    for (const bytes of [0, 5, 65_536, 3_000_000]) {
      const body = Buffer.alloc(bytes, 'content\n');
      const answer = await ask(site, '/reading/digest', { body: inPieces(body) });
      const sha256 = createHash('sha256').update(body).digest('hex');
      const length = how === 'streamed' ? null : String(bytes);
      expect(JSON.parse(answer.body.toString())).toEqual([bytes, sha256, length]);
    }
  });

  it('may be read while the response goes out', async (context) => {
    const site = await siteOf(context, { threads });
    const lines = Array.from(
      { length: 5000 },
      (_, number) => `line ${number} ${'x'.repeat(100)}\n`,
    );
    const { body } = await ask(site, '/reading/echo', { body: lines.join('') });
    expect(body.toString()).toBe(lines.join('').toUpperCase());
  });

  it.for(['ignored', 'partly'])('need not be read: %s', async (name, context) => {
    const site = await siteOf(context, { threads });
    for (const bytes of [10, 100_000, 2_000_000]) {
      const answer = await ask(site, `/reading/${name}`, { body: Buffer.alloc(bytes, '0') });
      expect(answer.body.toString()).toBe(name === 'partly' ? '00000' : 'not read');
      // Nor does it hold up who comes next.
      expect((await ask(site, '/reading/ignored', {})).status).toBe(200);
    }
  });

  it('that is incomplete never looks complete', async (context) => {
    const site = await siteOf(context, { threads });
    for (const sent of [0, 10, 100_000]) {
      const key = `cut-${how}-${threads}-${sent}`;
      const connection = await (how === 'streamed' ? site.streamed : site.served).connect();
      const head = `POST /reading/fails_to_read/${key} HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n`;
      connection.send(head + 'x'.repeat(sent));
      connection.finish();
      await connection.whenEnded();
      expect(connection.pending).not.toContain(' 200 ');
      connection.close();
      if (how === 'streamed') {
        expect(await site.recorded(key, 1)).toEqual([[true, expect.stringContaining('OSError')]]);
      } else {
        expect(await site.events(key)).toEqual([]);
      }
    }
  });

  it('is over with the response', async (context) => {
    const site = await siteOf(context, { threads });
    const key = `end-${how}-${threads}`;
    await ask(site, '/reading/after_end', { body: Buffer.alloc(500_000) }, key);
    expect(await site.recorded(key, 1)).toEqual([
      expect.stringMatching(/^OSError: .*(?:the request ended|is gone)/),
    ]);
  });

  it('may be replaced', async (context) => {
    const site = await siteOf(context, { threads });
    const { body } = await ask(site, '/reading/replaced', { body: 'sent' });
    expect(body.toString()).toBe('its own');
  });
});

it('an alarm interrupts an application that waits for content, and nothing else', async (context) => {
  const site = await siteOf(context, { threads: 1 });
  const connection = await site.streamed.connect();
  connection.send('POST /reading/impatient/k HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc');
  expect((await connection.readAnswer()).body.toString()).toBe('no content in time');
  connection.close();
  expect((await site.ask('/reading/body?seed=1')).status).toBe(200);
  expect(site.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
});

it('a streamed request is entered before its content is there', async (context) => {
  const site = await siteOf(context, { threads: 1 });
  const connection = await site.streamed.connect();
  connection.send('POST /reading/echo/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  const seen = async (text: string) => {
    while (!connection.pending.includes(text)) {
      await connection.when(() => (connection.pending.includes(text) ? true : undefined));
    }
  };
  for (const line of ['one\n', 'two\n', 'three\n']) {
    connection.send(`${line.length.toString(16)}\r\n${line}\r\n`);
    await seen(line.toUpperCase());
  }
  connection.send('0\r\n\r\n');
  expect((await connection.readAnswer()).body.toString()).toBe('ONE\nTWO\nTHREE\n');
  connection.close();
});

/** A request whose content is sent when it is asked for. */
async function expecting(
  context: TestContext,
  how: 'received' | 'streamed',
  path: string,
): Promise<RawConnection> {
  const site = await siteOf(context, { threads: 1 });
  const connection = await (how === 'streamed' ? site.streamed : site.served).connect();
  connection.send(
    `POST ${path}/k HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`,
  );
  return connection;
}

describe.each(['received', 'streamed'] as const)('Expect: 100-continue, %s', (how) => {
  it('is answered once, before the content that is read', async (context) => {
    const connection = await expecting(context, how, '/reading/echo');
    expect((await connection.readHead()).status).toBe(100);
    expect(connection.pending).toBe('');
    connection.send('hello');
    const head = await connection.readHead();
    expect(head.status).toBe(200);
    const content: Buffer[] = [];
    for await (const piece of connection.content(head)) content.push(piece);
    expect(Buffer.concat(content).toString()).toBe('HELLO');
    connection.close();
  });
});

it('nobody is told to continue whose content is not read', async (context) => {
  const connection = await expecting(context, 'streamed', '/reading/ignored');
  expect((await connection.readHead()).status).toBe(200);
  connection.close();
});
