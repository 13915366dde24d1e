import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { streaming } from '../../src/wsgi/application.ts';
import type { Application, Chunk } from '../../src/wsgi/types.ts';
import { answering, get, post, recording, start, until } from '../http/kit.ts';
import { HEADLESS, launch, need, runToEnd } from './components.ts';

const temporary = () => mkdtempSync(join(tmpdir(), 'wizgi-test-'));

const digest = answering((environ) => {
  const body = Buffer.from(environ['wsgi.input'].read());
  return `${environ.REQUEST_METHOD} ${environ.SERVER_PROTOCOL} ${body.length}`;
});

/** Reads in pieces, as the content arrives. */
const streamed = streaming(
  answering(async (environ) => {
    let size = 0;
    for await (const block of environ['wizgi.input'] ?? []) size += block.length;
    return `${environ.REQUEST_METHOD} ${environ.SERVER_PROTOCOL} ${size}`;
  }),
);

describe('curl', () => {
  it.for(['--http1.0', '--http1.1'])(
    '%s: one block, many blocks, and HEAD',
    async (version, context) => {
      const curl = need('curl', context);
      const app: Application = (environ, startResponse) => {
        startResponse('200 OK', [['Content-Type', 'text/plain']]);
        if (environ.PATH_INFO === '/one') return ['one block'];
        return (function* (): Generator<Chunk> {
          yield 'many ';
          yield 'blocks';
        })();
      };
      const server = await start(app);
      const [address] = server.addresses;
      for (const [path, body] of [
        ['/one', 'one block'],
        ['/many', 'many blocks'],
      ]) {
        const { code, output } = await runToEnd(curl, ['-sS', version, `${address}${path}`]);
        expect([code, output]).toEqual([0, body]);
      }
      const head = await runToEnd(curl, ['-sS', version, '-I', `${address}/one`]);
      expect(head.code).toBe(0);
      expect(head.output).toContain('Content-Length: 9\r\n');
    },
  );

  it.for([
    ['whole', digest],
    ['streaming', streamed],
  ] as const)(
    '-T with Expect: 100-continue, by length and chunked (%s)',
    async ([, app], context) => {
      const curl = need('curl', context);
      const server = await start(app);
      const file = join(temporary(), 'upload');
      writeFileSync(file, Buffer.alloc(3_000_000, 'x'));
      for (const args of [
        [],
        ['-H', 'Transfer-Encoding: chunked'],
        ['-H', 'Expect: 100-continue'],
      ]) {
        const { code, output, errors } = await runToEnd(curl, [
          '-sSv',
          '--expect100-timeout',
          '8',
          ...args,
          '-T',
          file,
          `${server.addresses[0]}/`,
        ]);
        expect([code, output]).toEqual([0, 'PUT HTTP/1.1 3000000']);
        if (errors.includes('> Expect: 100-continue'))
          expect(errors).toContain('< HTTP/1.1 100 Continue');
      }
      expect(server.log.loud).toEqual([]);
    },
  );

  it('--limit-rate: a slow download and a slow upload', async (context) => {
    const curl = need('curl', context);
    const server = await start(
      (environ, startResponse) => {
        startResponse('200 OK', []);
        const { length } = environ['wsgi.input'].read();
        return length > 0 ? [String(length)] : [Buffer.alloc(900_000, 'x')];
      },
      { writeTimeout: 4.5, bodyTimeout: 4.5 },
    );
    const args = ['-sS', '--limit-rate', '150k', `${server.addresses[0]}/`];
    const [down, up] = await Promise.all([
      runToEnd(curl, args),
      runToEnd(curl, [...args, '--data-binary', '@-'], Buffer.alloc(900_000)),
    ]);
    expect([down.code, down.output.length]).toEqual([0, 900_000]);
    expect([up.code, up.output]).toEqual([0, '900000']);
  });

  it('keeps the connection for several requests', async (context) => {
    const curl = need('curl', context);
    const server = await start(answering((environ) => `${environ.REMOTE_PORT} `));
    const address = `${server.addresses[0]}/`;
    const { output } = await runToEnd(curl, ['-sS', address, address, address]);
    expect(new Set(output.trim().split(' ')).size).toBe(1);
  });

  it('a Unix socket', async (context) => {
    const curl = need('curl', context);
    const path = join(temporary(), 'app.sock');
    await start(digest, { bind: [`unix:${path}`] });
    const { output } = await runToEnd(curl, ['-sS', '--unix-socket', path, 'http://a/']);
    expect(output).toBe('GET HTTP/1.1 0');
  });

  it('a 413 during an upload is seen', async (context) => {
    const curl = need('curl', context);
    const server = await start(digest, { maxBody: 1000 });
    const { output } = await runToEnd(
      curl,
      [
        '-sS',
        '-w',
        '%{http_code}',
        '-H',
        'Expect:',
        '--data-binary',
        '@-',
        `${server.addresses[0]}/`,
      ],
      Buffer.alloc(10_000_000),
    );
    expect(output).toBe('Content Too Large\n413');
  });
});

describe('nc', () => {
  it('raw pipelined bytes: every answer, in order, although it half-closes', async (context) => {
    const nc = need('nc', context);
    const { app } = recording();
    const server = await start(app);
    const { port } = new URL(server.addresses[0] as string);
    const { output } = await runToEnd(
      nc,
      ['-N', '127.0.0.1', port],
      `${get('/1')}${post('two', '/2')}${get('/3')}GARBAGE\r\n\r\n`,
    );
    expect(output.match(/HTTP\/1\.1 \d+/g)).toEqual([
      'HTTP/1.1 200',
      'HTTP/1.1 200',
      'HTTP/1.1 200',
      'HTTP/1.1 400',
    ]);
    expect(output.match(/(?:GET|POST) \/\d.*$/gm)).toHaveLength(3);
  });
});

describe('Chromium', () => {
  it('loads a page, its image, and uploads with fetch', async (context) => {
    const chromium = need('chromium', context);
    const seen: string[] = [];
    const page = `<!doctype html><title>wizgi</title><img src="/image"><script type="module">
      const body = 'x'.repeat(300000);
      const upload = await fetch('/upload', { method: 'POST', body });
      const streamed = await (await fetch('/stream')).text();
      const form = new FormData();
      form.append('file', new Blob([body]), 'name.txt');
      const multipart = await fetch('/form', { method: 'POST', body: form });
      await fetch('/done?' + [await upload.text(), streamed.length, await multipart.text()]);
    </script>`;
    const server = await start((environ, startResponse) => {
      const path = environ.PATH_INFO;
      const { length } = environ['wsgi.input'].read();
      seen.push(path === '/done' ? `/done?${environ.QUERY_STRING}` : path);
      startResponse('200 OK', [['Content-Type', path === '/' ? 'text/html' : 'text/plain']]);
      if (path === '/') return [page];
      if (path === '/stream') {
        return (async function* (): AsyncGenerator<Chunk> {
          for (let block = 0; block < 20; block++) yield 'y'.repeat(1000);
        })();
      }
      return [path === '/form' ? String(length > 300_000) : String(length)];
    });
    launch(
      chromium,
      [
        ...HEADLESS,
        '--remote-debugging-port=0',
        `--user-data-dir=${temporary()}`,
        `${server.addresses[0]}/`,
      ],
      { stdio: 'ignore' },
    );
    await until('the page', () => seen.find((path) => path.startsWith('/done')), 25_000);
    expect(seen).toContain('/image');
    expect(seen.find((path) => path.startsWith('/done'))).toBe('/done?300000,20000,true');
    expect(server.log.loud).toEqual([]);
  }, 30_000);
});
