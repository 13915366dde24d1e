import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { forward } from '../../src/upstream/forward.ts';
import { get, post } from '../http/kit.ts';
import { need } from '../interop/components.ts';
import { front, reasons } from './servers.ts';

/** A server whose certificate is for `upstream.test`, and signed by itself. */
async function tlsUpstream(openssl: string) {
  const directory = mkdtempSync(join(tmpdir(), 'wizgi-test-'));
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-batch'];
  execFileSync(
    openssl,
    [
      ...[...args, '-keyout', key, '-out', certificate, '-subj', '/CN=upstream.test'],
      ...['-addext', 'subjectAltName=DNS:upstream.test'],
    ],
    { stdio: 'ignore' },
  );
  let connections = 0;
  const server = createServer(
    { key: readFileSync(key), cert: readFileSync(certificate) },
    (request, response) => {
      request.on('data', (data) => response.write(data));
      request.on('end', () => response.end(` ${request.headers.host}`));
    },
  );
  server.on('secureConnection', () => {
    connections++;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const url = `https://127.0.0.1:${port}`;
  return { url, host: `127.0.0.1:${port}`, certificate, connections: () => connections };
}

describe('an https upstream', () => {
  it('is spoken to over connections that are kept', async (context) => {
    const upstream = await tlsUpstream(need('openssl', context));
    const { certificate: caFile } = upstream;
    const server = await front(upstream.url, { caFile, serverName: 'upstream.test' });
    const client = await server.client();
    for (let request = 0; request < 3; request++) {
      client.send(post('content'));
      // By default, Host is that of the URL.
      expect((await client.answer()).body).toBe(`content ${upstream.host}`);
    }
    expect(upstream.connections()).toBe(1);
  });

  it.for([
    ['an unknown certificate', { serverName: 'upstream.test' }, false],
    ['the certificate of another name', {}, true],
  ] as const)('with %s is a 502', async ([, options, known], context) => {
    const upstream = await tlsUpstream(need('openssl', context));
    const trusted = known ? { caFile: upstream.certificate } : {};
    const server = await front(upstream.url, { ...options, ...trusted });
    const client = await server.client();
    client.send(get());
    expect((await client.answer()).status).toBe(502);
    expect(reasons(server)).toEqual([
      expect.stringMatching(/has a certificate that is not accepted \((?!unknown)\w+\)$/),
    ]);
  });

  it('is not checked where that is asked for', async (context) => {
    const upstream = await tlsUpstream(need('openssl', context));
    const server = await front(upstream.url, { verify: false, host: 'client' });
    const client = await server.client();
    client.send(get());
    expect((await client.answer()).body).toBe(' a');
  });

  it('that speaks no TLS is a 502', async () => {
    const server = await front('https://127.0.0.1:1');
    const client = await server.client();
    client.send(get());
    expect((await client.answer()).status).toBe(502);
  });

  it('needs its certificates to be there', () => {
    expect(() => forward('https://a', { caFile: '/no/such.pem' })).toThrow(
      "option 'caFile' (--upstream-ca-file): /no/such.pem cannot be read (ENOENT)",
    );
  });
});
