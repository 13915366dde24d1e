/** Who may speak AJP, and what is no AJP. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AccessEntry } from '../../src/gateways/access.ts';
import { type ServeOptions, serve } from '../../src/gateways/serve.ts';
import { answering, Client, recording } from '../http/kit.ts';
import { type AjpServer, noting, Peer, startAjp } from './kit.ts';
import { answer, CPING, content, type ForwardParts, forward, packet } from './packets.ts';

const works = async (server: AjpServer, parts: ForwardParts = {}) => {
  expect(await (await server.peer()).request(forward(parts))).toMatchObject({ status: 200 });
};

describe('AJP-22 M3 the secret', () => {
  const knowing = (secret: string) => ({ attributes: [[12, secret] as const] });

  test.each([
    ['absent', {}],
    ['empty', knowing('')],
    ['wrong', knowing('hisx')],
    ['the beginning of the right one', knowing('hus')],
    ['longer than the right one', knowing('hushh')],
    ['in another case', knowing('Hush')],
  ])('%s: 403, and the connection closes', async (_, parts) => {
    const { app, calls } = recording();
    const server = await startAjp(app, { ajpSecret: 'hush' });
    const peer = await server.peer();
    peer.send(forward(parts), forward(knowing('hush')));
    expect(await peer.answer()).toMatchObject({ status: 403, reuse: 0 });
    expect(await peer.closed()).toBe('fin');
    expect(peer.client.buffer).toHaveLength(0);
    expect(calls).toEqual([]);
    expect(server.log.loud).toEqual(['refused bad-secret']);
    await works(server, knowing('hush'));
  });

  test('content that comes with a request without it is not taken', async () => {
    const { app, calls } = recording();
    const peer = await (await startAjp(app, { ajpSecret: 'hush' })).peer();
    peer.send(forward({ headers: [[0xa008, '5']] }), content('hello'));
    expect(await peer.answer()).toMatchObject({ status: 403, reuse: 0 });
    expect(await peer.closed()).toBe('fin');
    expect(calls).toEqual([]);
  });

  test('who does not know it is told so in an answer that fits, and that is logged', async () => {
    const entries: AccessEntry[] = [];
    const accessLog = (entry: AccessEntry) => void entries.push(entry);
    const server = await startAjp(noting().app, { ajpSecret: 'hush', accessLog });
    const peer = await server.peer();
    const { status, body, reuse } = await peer.request(forward({ method: 3, uri: '/a' }));
    expect({ status, body, reuse }).toEqual({ status: 403, body: '', reuse: 0 });
    expect(entries).toMatchObject([{ method: 'HEAD', target: '/a', status: '403 Forbidden' }]);
    const malformed = await server.peer();
    expect(await malformed.request(forward({ uri: null }))).toMatchObject({ status: 400 });
    expect(entries[1]).toMatchObject({ method: '', status: '400 Bad Request' });
  });

  test('is asked for in each request', async () => {
    const peer = await (await startAjp(noting().app, { ajpSecret: 'hush' })).peer();
    expect(await peer.request(forward(knowing('hush')))).toMatchObject({ status: 200 });
    expect(await peer.request(forward())).toMatchObject({ status: 403 });
  });

  test('a ping needs none', async () => {
    const peer = await (await startAjp(noting().app, { ajpSecret: 'hush' })).peer();
    peer.send(CPING);
    expect(await peer.next()).toEqual({ pong: true });
  });

  test('may come from the environment, where other users do not see it', async () => {
    process.env['WIZGI_AJP_SECRET'] = 'hush';
    try {
      const server = await startAjp(noting().app);
      expect(await (await server.peer()).request(forward())).toMatchObject({ status: 403 });
      await works(server, knowing('hush'));
    } finally {
      delete process.env['WIZGI_AJP_SECRET'];
    }
  });

  test('one that nobody asks for does no harm', async () => {
    await works(await startAjp(noting().app), knowing('hush'));
  });
});

describe('AJP-21 M4 where it listens', () => {
  const starting = (options: ServeOptions) => {
    const started = serve(
      answering(() => ''),
      { log: { ...console, info() {} }, ...options },
    );
    return started.then((server) => server.close());
  };

  test.each([
    'ajp://0.0.0.0:0',
    'ajp://:0',
    'ajp://[::]:0',
    'ajp://192.0.2.1:0',
    'ajp://example.com:0',
  ])('%s needs a secret', async (bind) => {
    await expect(starting({ bind: [bind] })).rejects.toThrow(
      /^bind 'ajp:\/\/.*--ajp-secret or \$WIZGI_AJP_SECRET.*127\.0\.0\.1/,
    );
  });

  test.each<[ServeOptions]>([
    [{ bind: ['ajp://0.0.0.0:0'], ajpSecret: 'hush' }],
    [{ bind: ['ajp://0.0.0.0:0'], ajpWithoutSecret: true }],
    [{ bind: ['ajp://127.0.0.1:0'] }],
    [{ bind: ['ajp://127.0.0.2:0'] }],
    [{ bind: ['ajp://localhost:0'] }],
  ])('%j starts', async (options) => {
    await expect(starting(options)).resolves.toBeUndefined();
  });

  test.each<[ServeOptions, RegExp]>([
    [
      { ajpPacketSize: 512 },
      /^option 'ajpPacketSize' \(--ajp-packet-size\) is 512; expected 1024 to 65536/,
    ],
    [{ ajpPacketSize: 65_537 }, /^option 'ajpPacketSize'.* 65537;/],
    [{ ajpSecret: 'a\nb' }, /^option 'ajpSecret' \(--ajp-secret\) has a character/],
  ])('%j is refused', async (options, message) => {
    await expect(starting({ bind: ['ajp://127.0.0.1:0'], ...options })).rejects.toThrow(message);
  });

  test('peers that are not allowed are not heard', async () => {
    const server = await startAjp(noting().app, { allowFrom: ['192.0.2.1'] });
    const peer = await server.peer();
    await peer.closed();
    expect(peer.client.received).toBe(0);
    expect(server.log.loud).toEqual(['refused peer-not-allowed']);
  });

  test('a Unix socket', async () => {
    const path = join(tmpdir(), `wizgi-ajp-${process.pid}.sock`);
    const server = await startAjp(noting().app, { bind: [`ajp+unix:${path}`] });
    expect(server.addresses).toEqual([`ajp+unix:${path}`]);
    const peer = new Peer(await Client.open(`unix:${path}`));
    expect(await peer.request(forward())).toMatchObject({ status: 200 });
  });
});

describe('what is no AJP', () => {
  test.each([
    ["M5 AJP-1 a container's packet", answer([9]), 'bad-magic'],
    ['M5 AJP-1 a wrong second byte', Buffer.of(0x12, 0x35, 0, 1, 10), 'bad-magic'],
    ['M5 HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), 'bad-magic'],
    ['M5 TLS', Buffer.of(0x16, 3, 1, 2, 0), 'bad-magic'],
    ['M5 a packet of nothing', packet([]), 'beyond-packet'],
    [
      'M5 AJP-29 a packet over the limit',
      Buffer.of(0x12, 0x34, 0x1f, 0xfd, 2, 2),
      'packet-too-large',
    ],
    ['M5 AJP-29 the largest packet', Buffer.of(0x12, 0x34, 0xff, 0xff), 'packet-too-large'],
    ['AJP-6 a packet of no kind', packet([0x63, 1, 2]), 'unknown-packet'],
    ["AJP-38 lighttpd's packet of nothing", Buffer.concat([CPING, packet([])]), 'beyond-packet'],
  ])('%s: the connection closes', async (_, bytes, reason) => {
    const { app, calls } = recording();
    const server = await startAjp(app);
    const peer = await server.peer();
    peer.send(bytes, forward());
    const pongs: unknown[] = [];
    for (let next = await peer.next(); typeof next === 'object'; next = await peer.next()) {
      pongs.push(next);
    }
    expect(pongs.every((pong) => JSON.stringify(pong) === '{"pong":true}')).toBe(true);
    expect(await peer.closed()).toBe('fin');
    expect(calls).toEqual([]);
    expect(server.log.loud).toEqual([`refused ${reason}`]);
    await works(server);
  });
});

describe('requests that break the rules', () => {
  const rows: [string, Buffer, string, number?][] = [
    ['M6 a text beyond the packet', packet(Buffer.from('\x02\x02\0\x08HTTP')), 'beyond-packet'],
    ['M6 a text of 32 KiB', packet(Buffer.from('\x02\x02\x80\0HTTP', 'latin1')), 'beyond-packet'],
    ['M6 no URI', forward({ uri: null }), 'bad-target-form'],
    ['M7 more headers than may be', forward({ count: 0xffff }), 'too-many-fields', 431],
    [
      'M7 fewer headers than there are',
      forward({ headers: [['a', 'b']], count: 0 }),
      'beyond-packet',
    ],
    ['M7 no end', forward({ terminated: false }), 'beyond-packet'],
    ['M7 AJP-15 an unknown header', forward({ headers: [[0xa0ff, 'x']] }), 'unknown-header-code'],
    ['M7 AJP-13 an unknown method', forward({ method: 28 }), 'bad-method'],
    ['M7 AJP-14 a method that is not stored', forward({ method: 255 }), 'bad-method'],
    [
      'M8 AJP-26 two lengths',
      forward({
        headers: [
          [0xa008, '5'],
          [0xa008, '5'],
        ],
      }),
      'conflicting-content-length',
    ],
    [
      'M8 AJP-26 a length that is none',
      forward({ headers: [[0xa008, '+5']] }),
      'bad-content-length',
    ],
    ['AJP-26 a length that is a word', forward({ headers: [[0xa008, 'x']] }), 'bad-content-length'],
    [
      'M8 a length and a coding',
      forward({
        headers: [
          [0xa008, '5'],
          ['transfer-encoding', 'chunked'],
        ],
      }),
      'te-and-cl',
    ],
    ['M13 LF in a value', forward({ headers: [['a', 'b\nc: d']] }), 'ctl-in-text'],
    ['M13 NUL in a value', forward({ headers: [['a', 'b\0']] }), 'ctl-in-text'],
    ['M13 CR in a name', forward({ headers: [['a\r', 'b']] }), 'bad-field-name'],
    ['M13 an empty name', forward({ headers: [['', 'b']] }), 'empty-field-name'],
    ['M14 CRLF in the URI', forward({ uri: '/a\r\nb' }), 'ctl-in-text'],
    ['M14 NUL in the URI', forward({ uri: '/a\0' }), 'ctl-in-text'],
    ['M14 no slash', forward({ uri: 'a' }), 'bad-target-form'],
  ];

  test.each(rows)(
    '%s: refused, and the connection closes',
    async (_, bytes, reason, status = 400) => {
      const { app, calls } = recording();
      const server = await startAjp(app);
      const peer = await server.peer();
      peer.send(bytes, forward());
      expect(await peer.answer()).toMatchObject({ status, reuse: 0 });
      expect(await peer.closed()).toBe('fin');
      expect(peer.client.buffer).toHaveLength(0);
      expect(calls).toEqual([]);
      expect(server.log.loud).toEqual([`refused ${reason}`]);
    },
  );

  test('AJP-5 a packet cut at any byte, and said to be shorter, is refused', async () => {
    const { app, calls } = recording();
    const server = await startAjp(app);
    const whole = forward({ headers: [['a', 'b']], attributes: [[5, 'q']] }).subarray(4);
    for (let size = 1; size < whole.length; size++) {
      const peer = await server.peer();
      const refused = await peer.request(packet(whole.subarray(0, size)));
      expect(refused, `${size} bytes`).toMatchObject({ status: 400, reuse: 0 });
    }
    expect(calls).toEqual([]);
    await works(server);
  });
});

test('other connections go on when one breaks the rules', async () => {
  const server = await startAjp(noting().app);
  const good = await server.peer();
  expect(await good.request(forward())).toMatchObject({ status: 200 });
  const bad = await server.peer();
  bad.send(Buffer.from('garbage'));
  expect(await bad.closed()).toBe('fin');
  expect(await good.request(forward())).toMatchObject({ status: 200, reuse: 1 });
});

test('connections beyond the limit are told so in AJP', async () => {
  const server = await startAjp(noting().app, { maxConnections: 1 });
  const first = await server.peer();
  expect(await first.request(forward())).toMatchObject({ status: 200 });
  const second = await server.peer();
  expect(await second.answer()).toMatchObject({ status: 503, reuse: 0 });
  expect(await second.closed()).toBe('fin');
});
