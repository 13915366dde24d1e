/** Real web servers that keep their connections, and send several requests on one. */
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { answering, gate, until } from '../http/kit.ts';
import { need } from '../interop/components.ts';
import { documented, startDocumented, startFrontEnd } from '../interop/front-ends.ts';
import { type FastCgiServer, startFastCgi } from './kit.ts';

const portOf = (server: FastCgiServer) => Number(new URL(server.addresses[0] as string).port);

describe('HAProxy', () => {
  beforeEach((context) => void need('haproxy', context));

  it('FCGI-19, FCGI-60 multiplexes forty requests, which are answered in any order', async () => {
    const held = gate();
    let waiting = 0;
    const server = await startFastCgi(
      answering(async (environ) => {
        waiting++;
        await held.promise;
        return environ.PATH_INFO;
      }),
      { scriptName: '/', maxConnections: 2 },
    );
    const configuration = documented('haproxy-fcgi.cfg')
      .replace('use-fcgi-app wizgi', 'use-fcgi-app wizgi\n    http-reuse always')
      .replace(
        'option keep-conn',
        'option keep-conn\n    option get-values\n    option mpxs-conns\n    option max-reqs 100',
      );
    const front = await startFrontEnd('haproxy', configuration, [
      ['127.0.0.1:8000', `127.0.0.1:${portOf(server)} maxconn 100`],
    ]);
    onTestFinished(() => front.close());
    const url = `http://127.0.0.1:${front.port}`;
    const answers = Array.from({ length: 40 }, (_, index) =>
      fetch(`${url}/${index}`).then((answer) => answer.text()),
    );
    // On two connections at most: more are turned away.
    await until('all of them to be under way', () => waiting === 40);
    held.open();
    expect(await Promise.all(answers)).toEqual(answers.map((_, index) => `/${index}`));
  });
});

describe('nginx', () => {
  beforeEach((context) => void need('nginx', context));

  it('FCGI-26, FCGI-53 keeps a connection for request after request', async () => {
    const server = await startFastCgi(
      answering((environ) => {
        const content = Buffer.from(environ['wsgi.input'].read());
        return `${environ.PATH_INFO} ${content.length}`;
      }),
      { maxConnections: 1 },
    );
    const front = await startDocumented('nginx-fastcgi.conf', portOf(server));
    onTestFinished(() => front.close());
    const url = `http://127.0.0.1:${front.port}`;
    for (let index = 0; index < 50; index++) {
      const body = index % 2 === 0 ? null : 'x'.repeat(index * 1000);
      const answer = await fetch(`${url}/${index}`, {
        method: body === null ? 'GET' : 'POST',
        body,
      });
      expect(await answer.text()).toBe(`/${index} ${body?.length ?? 0}`);
    }
  });
});
