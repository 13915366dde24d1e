import { describe, expect, it } from 'vitest';
import { testClient } from '../testing/index.ts';
import type { Application } from './types.ts';

/** What the log says of an application of another interface that is served as one of WSGI's. */
async function hintFor(app: unknown): Promise<unknown> {
  const response = await testClient(app as Application).get('/');
  expect(response.status).toBe(500);
  const [line] = response.log.filter(({ level }) => level === 'error');
  return line?.fields?.['hint'];
}

describe('an application of another interface', () => {
  it.each([
    ['returns', () => new Response('x')],
    ['promises', async () => new Response('x')],
    ['cannot come to', (request: { url: string }) => new Response(new URL(request.url).pathname)],
  ])('that %s a Response', async (_, app) => {
    expect(await hintFor(app)).toContain('--interface fetch');
  });

  interface Outgoing {
    writeHead(status: number): void;
    setHeader(name: string, value: string): void;
    end(text: string): void;
  }

  it.each([
    ['writeHead', (_: unknown, outgoing: Outgoing) => outgoing.writeHead(200)],
    ['setHeader', async (_: unknown, r: Outgoing) => r.setHeader('A', 'b')],
    ['end', (_: unknown, res: Outgoing) => res.end('x')],
  ])('that calls %s()', async (_, app) => {
    expect(await hintFor(app)).toContain('--interface node');
  });

  it('is not seen in every failure', async () => {
    const cache = {} as Outgoing;
    expect(await hintFor(() => cache.end('x'))).toBeUndefined();
    expect(await hintFor(() => 4)).toBeUndefined();
    expect(await hintFor(() => ({ status: 200 }))).toBeUndefined();
  });
});
