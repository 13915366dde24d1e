import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { kitCases, runKit } from '../../src/testing/kit/index.ts';

describe('the cases of the conformance kit', () => {
  const ids = kitCases.map(({ id }) => id);

  it('have ids of their own', () => {
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it('are data', () => {
    expect(JSON.parse(JSON.stringify(kitCases))).toEqual(kitCases);
  });

  it('say where what they ask for is said', () => {
    const sources = /^(PEP 3333, |RFC \d{4} §|CVE-|wsgi\.input_terminated, an extension$)/;
    expect(kitCases.filter(({ section }) => !sources.test(section))).toEqual([]);
  });

  it('wait only for cases that there are, and that run before', () => {
    const unknown = kitCases.flatMap(({ id, after = [] }, index) =>
      after.filter((other) => !ids.slice(0, index).includes(other)).map((other) => [id, other]),
    );
    expect(unknown).toEqual([]);
    const slow = kitCases.filter((one) => one.alone).map(({ id }) => id);
    expect(kitCases.filter(({ after = [] }) => after.some((id) => slow.includes(id)))).toEqual([]);
  });

  it('each can fail: a server that says yes to everything passes none of them', async () => {
    const report = await runKit(await yesSayer(), { timeout: 0.2 });
    const passed = report.results.filter(({ outcome }) => outcome === 'passed');
    expect(passed.map((result) => result.case.id)).toEqual([]);
  });
});

/** Answers all that looks like a request, with the kit's own description for a target of `/`. */
async function yesSayer(): Promise<string> {
  const description = JSON.stringify({
    ...{ kit: 'wizgi-conformance', version: 1, language: 'none', instance: 'one' },
    ...{ protocol: 'HTTP/1.1', software: 'yes/1', multithread: true, multiprocess: false },
    ...{ run_once: false, file_wrapper: true, input_terminated: true },
  });
  const server = createServer((socket) => {
    let received = '';
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      received += data.toString('latin1');
      for (let end = received.indexOf('\r\n\r\n'); end !== -1; end = received.indexOf('\r\n\r\n')) {
        const content = /^GET \/ /.test(received) ? description : 'yes';
        received = received.slice(end + 4);
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n${content}`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}
