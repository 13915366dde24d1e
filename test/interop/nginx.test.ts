import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { streaming } from '../../src/wsgi/application.ts';
import type { Chunk, Environ } from '../../src/wsgi/types.ts';
import { answering, Client, get, start } from '../http/kit.ts';
import { need } from './components.ts';
import { startFrontEnd } from './front-ends.ts';

/** Starts nginx in front of an upstream, with connections to it that are kept. */
async function front(upstream: string): Promise<string> {
  const server = await startFrontEnd(
    'nginx',
    `upstream app { server ${upstream}; keepalive 4; }
    server {
      listen 80;
      client_max_body_size 100m;
      location / {
        proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
        proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr;
      }
      location /direct/ {
        proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
        proxy_request_buffering off; proxy_buffering off;
      }
      location /old/ { proxy_pass http://app; proxy_http_version 1.0; }
    }`,
  );
  onTestFinished(() => server.close());
  return `http://127.0.0.1:${server.port}`;
}

describe.each(['TCP', 'a Unix socket'])('behind nginx, over %s', (transport) => {
  const bind = () =>
    transport === 'TCP'
      ? '127.0.0.1:0'
      : `unix:${join(mkdtempSync(join(tmpdir(), 'wizgi-test-')), 'app.sock')}`;

  it('many requests share few connections', async (context) => {
    need('nginx', context);
    const ports = new Set<unknown>();
    const server = await start(
      answering((environ: Environ) => {
        ports.add(environ.REMOTE_PORT);
        return `${environ.HTTP_HOST} ${environ.PATH_INFO} ${environ.HTTP_X_FORWARDED_FOR}`;
      }),
      { bind: [bind()] },
    );
    const address = await front((server.addresses[0] as string).replace('http://', ''));
    const ask = async (name: number) => {
      const client = await Client.open(address);
      for (let round = 0; round < 20; round++) {
        client.send(get(`/${name}/${round}`));
        expect((await client.answer()).body).toBe(`a /${name}/${round} 127.0.0.1`);
      }
    };
    await Promise.all([1, 2, 3, 4].map(ask));
    expect(ports.size).toBeLessThanOrEqual(8);
    expect(server.log.loud).toEqual([]);
  });

  it('uploads and answers of all framings', async (context) => {
    need('nginx', context);
    const server = await start(
      streaming((environ, startResponse) => {
        startResponse('200 OK', environ.REQUEST_METHOD === 'HEAD' ? [['Content-Length', '7']] : []);
        return (async function* (): AsyncGenerator<Chunk> {
          let size = 0;
          for await (const block of environ['wizgi.input'] ?? []) size += block.length;
          yield `${size}`;
          for (let block = 0; block < 100; block++) yield ' '.repeat(1000);
        })();
      }),
      { bind: [bind()] },
    );
    const address = await front((server.addresses[0] as string).replace('http://', ''));
    const content = 'x'.repeat(2_000_000);
    for (const path of ['/', '/direct/', '/old/']) {
      const client = await Client.open(address);
      client.send(
        `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${content.length}\r\n\r\n${content}`,
      );
      const answer = await client.answer();
      expect([answer.body.trim(), answer.body.length, answer.complete]).toEqual([
        '2000000',
        100_007,
        true,
      ]);
      client.send(
        `POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`,
      );
      expect((await client.answer()).body.trim()).toBe('2000000');
      client.send(`HEAD ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      expect((await client.answer('HEAD')).headers['content-length']).toBe('7');
      client.send(get(path));
      expect((await client.answer()).body.trim()).toBe('0');
    }
    expect(server.log.loud).toEqual([]);
  });

  it('a truncated answer is not passed on as whole', async (context) => {
    need('nginx', context);
    const server = await start(
      (_environ, startResponse) => {
        startResponse('200 OK', []);
        return (function* (): Generator<Chunk> {
          yield 'x'.repeat(100_000);
          throw new Error('broken');
        })();
      },
      { bind: [bind()] },
    );
    const address = await front((server.addresses[0] as string).replace('http://', ''));
    const client = await Client.open(address);
    client.send(get('/direct/'));
    expect((await client.answer()).complete).toBe(false);
  });
});
