import { describe, expect } from 'vitest';
import { streaming } from '../../src/wsgi/application.ts';
import type { Application } from '../../src/wsgi/types.ts';
import { TEXT } from './apps.ts';
import { type Harness, itNeeds, quiet, serving } from './harness.ts';

const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n';

const echo: Application = (environ, startResponse) => {
  startResponse('200 OK', TEXT);
  return [environ['wsgi.input'].read()];
};

const echoWhenAsked: Application = streaming(async (environ, startResponse) => {
  const body = (await environ['wizgi.input']?.read()) ?? 'nothing';
  startResponse('200 OK', TEXT);
  return [body];
});

const refusing: Application = streaming((_environ, startResponse) => {
  startResponse('401 Unauthorized', TEXT);
  return ['no'];
});

/** (PEP 3333, HTTP 1.1 Expect/Continue; RFC 9110 §10.1.1) */
export function expectations(harness: Harness): void {
  if (!harness.capabilities.http1) return;
  const http1 = itNeeds(harness, 'http1');
  describe('Expect', () => {
    for (const [kind, app] of [
      ['before an ordinary application is entered', echo],
      ['when a streaming one first reads', echoWhenAsked],
    ] as const) {
      http1(`EXP-1, ASY-31 100 Continue comes ${kind}`, async () => {
        const connection = await (await serving(harness, app)).connect();
        connection.send(POST);
        expect((await connection.readHead()).statusLine).toBe('100 Continue');
        connection.send('body');
        expect((await connection.readAnswer()).body.toString()).toBe('body');
        await quiet(10);
        expect(connection.pending).toBe('');
      });
    }

    http1('EXP-2, EXP-5 an application that does not read asks for nothing', async () => {
      const connection = await (await serving(harness, refusing)).connect();
      connection.send(POST);
      const head = await connection.readHead();
      expect(head.status).toBe(401);
      for await (const piece of connection.content(head)) expect(piece.toString()).toBe('no');
      await quiet(20);
      expect(connection.pending).toBe('');
    });

    http1('EXP-3, ASY-31 a read waits for the body', async () => {
      const order: string[] = [];
      const served = await serving(
        harness,
        streaming(async (environ, startResponse) => {
          const pending = environ['wizgi.input']?.read(4).then((bytes) => {
            order.push('read');
            return bytes;
          });
          startResponse('200 OK', TEXT);
          return [(await pending) ?? 'nothing'];
        }),
      );
      const connection = await served.connect();
      connection.send(POST);
      expect((await connection.readHead()).status).toBe(100);
      await quiet(20);
      order.push('sent');
      connection.send('body');
      expect((await connection.readAnswer()).body.toString()).toBe('body');
      expect(order).toEqual(['sent', 'read']);
    });

    http1('EXP-4 HTTP/1.0 gets none', async () => {
      const connection = await (await serving(harness, echo)).connect();
      connection.send(POST.replace('HTTP/1.1', 'HTTP/1.0'));
      await quiet(20);
      expect(connection.pending).toBe('');
      connection.send('body');
      expect((await connection.readHead()).status).toBe(200);
    });

    http1('EXP-5 none follows the final status, nor comes twice', async () => {
      const served = await serving(
        harness,
        streaming(async (environ, startResponse) => {
          startResponse('200 OK', TEXT);
          return (async function* () {
            yield 'begun ';
            yield (await environ['wizgi.input']?.read(2)) ?? '';
            yield (await environ['wizgi.input']?.read(2)) ?? '';
          })();
        }),
      );
      const connection = await served.connect();
      connection.send(POST);
      const head = await connection.readHead();
      expect(head.status).toBe(200);
      connection.send('body');
      const pieces: string[] = [];
      for await (const piece of connection.content(head)) pieces.push(piece.toString());
      expect(pieces.join('')).toBe('begun body');
    });

    http1('EXP-6 none is needed when the body is there already', async () => {
      const connection = await (await serving(harness, echo)).connect();
      connection.send(`${POST}body`);
      expect((await connection.readHead()).status).toBe(200);
    });

    http1('EXP-7 an unknown expectation gives 417', async () => {
      const connection = await (await serving(harness, echo)).connect();
      connection.send('GET / HTTP/1.1\r\nHost: a\r\nExpect: the-unexpected\r\n\r\n');
      expect((await connection.readHead()).status).toBe(417);
    });

    http1('EXP-8 an answer without the body says that the connection closes', async () => {
      const connection = await (await serving(harness, refusing)).connect();
      connection.send(POST);
      const answer = await connection.readAnswer();
      expect([answer.status, answer.headers.get('Connection')]).toEqual([401, 'close']);
      expect(await connection.whenEnded()).toBe('fin');
    });
  });
}
