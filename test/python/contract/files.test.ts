/** wsgi.file_wrapper of Python workers. (PEP 3333, Optional Platform-Specific File Handling) */
import { readdirSync, readlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sites, THREADS } from './site.ts';

const siteOf = sites();

const ALL = Buffer.alloc(300_000);
for (let at = 0; at < ALL.length; at++) ALL[at] = (at * 7 + Math.floor(at / 256)) & 0xff;

const content = (size: number) => ALL.subarray(0, size);

const KINDS = [
  'buffered',
  'random',
  'raw',
  'memory',
  'plain',
  'temporary',
  'named',
  'spooled',
  'gzip',
  'pipe',
] as const;
/** Of these the server knows how long they are. */
const REGULAR = ['buffered', 'random', 'raw', 'temporary', 'named'];
/** On both sides of what is read in the worker. */
const SIZES = [0, 1, 65_536, 65_537, 300_000];

/** Files that this process has open for answers. */
function openHere(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes('wizgi-contract-');
    } catch {
      return false;
    }
  }).length;
}

describe.each(THREADS)('files, %i threads', (threads) => {
  it.for(KINDS)('%s', async (kind, context) => {
    const site = await siteOf(context, { threads });
    for (const size of SIZES) {
      const expected = content(size);
      const path = `/files/wrapped?kind=${kind}&size=${size}`;
      const answer = await site.ask(path);
      expect([answer.status, answer.complete]).toEqual([200, true]);
      expect(answer.body.equals(expected)).toBe(true);
      const known = size === 0 || REGULAR.includes(kind);
      expect(answer.headers.get('Content-Length')).toBe(known ? String(size) : null);
      for (const how of ['&how=iterated', '&block=1000', `&length=${size}`]) {
        const same = await site.ask(path + how);
        expect([how, same.complete, same.body.equals(expected)]).toEqual([how, true, true]);
      }
    }
  });

  it.for(KINDS)('%s, from where it is, to the declared length', async (kind, context) => {
    const site = await siteOf(context, { threads });
    const size = 200_000;
    for (const at of [1, 10, 70_000, size]) {
      const rest = content(size).subarray(at);
      const path = `/files/wrapped?kind=${kind}&size=${size}&at=${at}`;
      const answer = await site.ask(path);
      expect([answer.complete, answer.body.equals(rest)]).toEqual([true, true]);
      for (const length of [0, 1, 100, 90_000]) {
        if (length > rest.length) continue;
        const part = await site.ask(`${path}&length=${length}`, `part-${kind}-${threads}`);
        expect([length, part.complete, part.body.length]).toEqual([length, true, length]);
        expect(part.body.equals(rest.subarray(0, length))).toBe(true);
      }
      const short = await site.ask(`${path}&length=${rest.length + 5}`);
      expect(at === size ? short.status : short.complete).toBe(at === size ? 500 : false);
      // A reset overtakes what its client has not read in time.
      if (at !== size) expect(short.body.equals(rest.subarray(0, short.body.length))).toBe(true);
    }
    // Bytes that nobody wanted are nobody's mistake.
    expect(site.errorsOf(`part-${kind}-${threads}`)).toEqual([]);
  });

  it('HEAD, 204 and 304 send none of it', async (context) => {
    const site = await siteOf(context, { threads });
    for (const kind of ['buffered', 'memory']) {
      for (const size of [100, 300_000]) {
        const path = `/files/wrapped?kind=${kind}&size=${size}`;
        const head = await site.ask(path, 'k', { method: 'HEAD' });
        const length = kind === 'buffered' ? String(size) : null;
        expect([head.status, head.headers.get('Content-Length')]).toEqual([200, length]);
        for (const status of ['204', '304']) {
          const answer = await site.ask(`${path}&status=${status}+None`);
          expect([answer.status, answer.framing]).toEqual([Number(status), 'none']);
        }
      }
    }
  });

  it('a file that gives something else than the file that it holds', async (context) => {
    const site = await siteOf(context, { threads });
    for (const size of [1000, 300_000]) {
      const { body } = await site.ask(`/files/wrapped?kind=decoding&size=${size}`);
      const swapped = content(size).map((byte) =>
        /[a-zA-Z]/.test(String.fromCharCode(byte)) ? byte ^ 0x20 : byte,
      );
      expect(body.equals(swapped)).toBe(true);
    }
  });

  it.for(['text', 'closed'])('%s files are errors', async (kind, context) => {
    const site = await siteOf(context, { threads });
    for (const size of [1000, 300_000]) {
      const answer = await site.ask(`/files/wrapped?kind=${kind}&size=${size}`);
      expect([answer.status, answer.body.toString()]).toEqual([500, 'Internal Server Error\n']);
    }
  });

  it('the wrapper is what PEP 3333 says', async (context) => {
    const site = await siteOf(context, { threads });
    const { answer, events } = await site.visit('/files/shape');
    expect(answer.body.toString()).toBe('without close()');
    expect(events).toEqual([
      [['abcd', 'ef'], true],
      [true, false],
    ]);
    const discarded = await site.visit('/files/wrapped?kind=buffered&size=300000&how=discarded');
    expect([discarded.answer.body.toString(), discarded.events]).toEqual(['instead', [0]]);
  });

  it('comes behind what was written', async (context) => {
    const site = await siteOf(context, { threads });
    for (const size of [100, 300_000]) {
      const { body } = await site.ask(`/files/wrapped?kind=buffered&size=${size}&how=written`);
      expect(body.equals(Buffer.concat([Buffer.from('before '), content(size)]))).toBe(true);
    }
  });

  it('needs start_response', async (context) => {
    const site = await siteOf(context, { threads });
    expect((await site.ask('/files/not_started')).status).toBe(500);
  });

  it('files that the system makes up are read', async (context) => {
    const site = await siteOf(context, { threads });
    expect((await site.ask('/files/special')).body.toString()).toMatch(/^Name:\s+python/);
  });

  it('a file that shrinks while it is sent cuts the answer', async (context) => {
    const site = await siteOf(context, { threads });
    const connection = await site.connect();
    connection.socket.pause();
    const key = `shrinking-${threads}`;
    connection.send(`GET /files/shrinking/${key} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await site.recorded(key, 1);
    connection.socket.resume();
    const answer = await connection.readAnswer();
    connection.close();
    expect([answer.status, answer.complete]).toEqual([200, false]);
    expect(answer.body.length).toBeLessThan(50_000_000);
  });

  it('an error in close() is logged, and leaves the answer whole', async (context) => {
    const site = await siteOf(context, { threads });
    for (const size of [100, 300_000]) {
      const late = site.lateErrors;
      const { answer, events } = await site.visit(`/files/fails_to_close?size=${size}`, {}, 1);
      expect([answer.complete, answer.body.length, events]).toEqual([true, size, ['close']]);
      await expect.poll(() => site.lateErrors - late).toBe(1);
    }
  });

  it('clients that leave keep no file open', async (context) => {
    const site = await siteOf(context, { threads });
    for (let round = 0; round < 10; round++) {
      const open = site.open('/files/wrapped?kind=buffered&size=3000000', 'leaves');
      if (round % 2 === 0) await open.read();
      else await open.head().catch(() => undefined);
      open.leave('reset');
    }
    const connections = await Promise.all([1, 2, 3].map(() => site.connect()));
    for (const connection of connections) {
      connection.send('GET /files/wrapped/x?kind=raw&size=3000000 HTTP/1.1\r\nHost: a\r\n\r\n');
      connection.close();
    }
    await expect.poll(openHere).toBe(0);
    await expect.poll(async () => (await site.ask('/files/open_files')).body.toString()).toBe('0');
  });
});
