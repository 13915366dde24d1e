/** What a handler sees of a request's course, in order: the same as under node:http. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { until } from '../conformance/harness.ts';
import { adapted, essence, native, type Request, type Site, send } from './servers.ts';

type Note = (what: unknown) => void;
type Scenario = (request: IncomingMessage, response: ServerResponse, note: Note) => unknown;

/** Notes the events of both, and what is true then. */
function watch(request: IncomingMessage, response: ServerResponse, note: Note): void {
  for (const event of ['end', 'close', 'aborted', 'error']) {
    request.on(event, (error?: Error) =>
      note([
        `request ${event}`,
        ...(error instanceof Error ? [error.message, (error as NodeJS.ErrnoException).code] : []),
        request.complete,
        request.destroyed,
        request.readableEnded,
      ]),
    );
  }
  for (const event of ['prefinish', 'finish', 'close', 'drain']) {
    response.on(event, () =>
      note([
        `response ${event}`,
        response.headersSent,
        response.writableEnded,
        // Before that, it depends on when the system takes what was written.
        event === 'prefinish' || response.writableFinished,
        response.destroyed,
      ]),
    );
  }
}

async function tracesOf(
  scenario: Scenario,
  exchange: (site: Site, trace: readonly unknown[]) => Promise<unknown>,
): Promise<[native: unknown[], adapted: unknown[]]> {
  const traces: [unknown[], unknown[]] = [[], []];
  const sites = [native, adapted] as const;
  for (const [at, start] of sites.entries()) {
    const trace = traces[at] as unknown[];
    let over = false;
    const site = await start((request, response) => {
      trace.push('entered');
      response.on('close', () => setImmediate(() => setImmediate(() => (over = true))));
      return scenario(request, response, (what) => trace.push(what));
    });
    await exchange(site, trace);
    await until(() => over, `the end of the request: ${JSON.stringify(trace)}`);
  }
  return traces;
}

const body = 'x'.repeat(100);
const scenarios: Record<string, [Scenario, Request]> = {
  'an answer at once': [
    (request, response, note) => {
      watch(request, response, note);
      response.end('hello');
      note([response.writableEnded, response.finished, response.headersSent]);
    },
    {},
  ],
  'an answer later': [
    async (request, response, note) => {
      watch(request, response, note);
      await new Promise((resolve) => setTimeout(resolve, 5));
      response.end('hello');
    },
    {},
  ],
  'a body that is read': [
    (request, response, note) => {
      watch(request, response, note);
      request.on('data', (data) => note(String(data)));
      request.on('end', () => response.end('read'));
    },
    { method: 'POST', body },
  ],
  'a body that is iterated': [
    async (request, response, note) => {
      watch(request, response, note);
      let read = '';
      for await (const piece of request) read += piece;
      note(read);
      response.end();
    },
    { method: 'POST', body },
  ],
  'a body of unknown length, piped back': [
    (request, response, note) => {
      note(request.headers['transfer-encoding']);
      watch(request, response, note);
      request.pipe(response);
    },
    { method: 'PUT', body: Readable.from([Buffer.from('one'), Buffer.from('two')]) },
  ],
  'no body, read all the same': [
    (request, response, note) => {
      watch(request, response, note);
      request.on('end', () => response.end('end'));
      request.resume();
    },
    {},
  ],
  'callbacks of write and end': [
    (request, response, note) => {
      watch(request, response, note);
      response.write('a', () => note('written'));
      response.end('b', () => note('ended'));
    },
    {},
  ],
  'the head first, by HEAD': [
    (request, response, note) => {
      watch(request, response, note);
      response.setHeader('X-Some', ['a', 'b']);
      response.writeHead(202, 'Fine', { 'Content-Length': 5, 'X-Other': 'c' });
      note([response.statusMessage, response.getHeaderNames(), response.getHeaders()]);
      response.end('hello');
    },
    { method: 'HEAD' },
  ],
  '204 with content': [
    (request, response, note) => {
      watch(request, response, note);
      response.statusCode = 204;
      response.end('dropped');
    },
    {},
  ],
  'all that a response says of itself': [
    (_request, response, note) => {
      const state = () => [
        response.headersSent,
        response.writable,
        response.writableEnded,
        // Before that, it depends on when the system takes what was written.
        response.closed && response.writableFinished,
        response.writableCorked,
        response.writableNeedDrain,
        response.destroyed,
        response.closed,
        response.errored,
        response.finished,
        response.statusCode,
        response.statusMessage,
        response.sendDate,
      ];
      note(state());
      response.setHeader('A', 1);
      response.appendHeader('A', '2');
      note([response.getHeader('a'), response.hasHeader('a')]);
      response.removeHeader('A');
      response.write('x');
      note(state());
      response.end();
      note(state());
      response.on('close', () => note(state()));
    },
    {},
  ],
  'all that a request says of itself': [
    (request, response, note) => {
      const { host: _host, ...headers } = request.headers;
      note([
        request.method,
        request.url,
        request.httpVersion,
        request.httpVersionMajor,
        request.httpVersionMinor,
        headers,
        request.headersDistinct['x-twice'],
        request.trailers,
        request.rawTrailers,
        request.complete,
        request.aborted,
        request.destroyed,
        request.readable,
        request.readableFlowing,
        request.readableEnded,
        request.readableLength,
        (request as { upgrade?: boolean }).upgrade,
        request.socket.remoteAddress,
        request.socket.remoteFamily,
        request.socket.localAddress,
        request.socket.readable,
        request.socket.writable,
        request.socket.destroyed,
        (request.socket as { encrypted?: boolean }).encrypted,
        request.connection === request.socket,
        response.socket === request.socket,
        response.req === request,
      ]);
      response.end();
    },
    {
      method: 'POST',
      path: '/a%20b//c;d?e=f&g',
      body: 'x',
      headers: { Cookie: 'a=b; c=d', 'X-Twice': 'a, b', Accept: '*/*', 'content-length': '1' },
    },
  ],
};

describe.each(Object.entries(scenarios))('%s', (_name, [scenario, request]) => {
  it('goes as under node:http', async () => {
    const answers: unknown[] = [];
    const [expected, seen] = await tracesOf(scenario, async (site) => {
      const content = request.body instanceof Readable ? { body: twoBlocks() } : {};
      answers.push(essence(await send(site, { ...request, ...content })));
    });
    const streamed = request.body instanceof Readable;
    expect(streamed ? closedLast(seen) : seen).toEqual(streamed ? closedLast(expected) : expected);
    expect(answers[1]).toEqual(answers[0]);
  });
});

/** Whether a request that is piped back closes before its answer depends on when the system takes that. */
function closedLast(trace: readonly unknown[]): unknown[] {
  const isClose = (note: unknown) => Array.isArray(note) && note[0] === 'request close';
  return [...trace.filter((note) => !isClose(note)), ...trace.filter(isClose)];
}

async function* twoBlocks() {
  yield Buffer.from('one');
  await new Promise((resolve) => setTimeout(resolve, 5));
  yield Buffer.from('two');
}

it('a body that nobody reads is over with the answer, though it has not arrived', async () => {
  const notes: string[] = [];
  const site = await adapted((request, response) => {
    for (const event of ['aborted', 'end', 'error']) request.on(event, () => notes.push(event));
    request.on('close', () => notes.push('close'));
    response.end('no, thanks');
  });
  const answer = await send(site, { method: 'POST', body: 'x'.repeat(100) });
  expect(answer.body.toString()).toBe('no, thanks');
  await until(() => notes.includes('close'));
  expect(notes).toEqual(['close']);
});

const departures: Record<string, [Scenario, request: string, stage: string]> = {
  'before the answer': [
    (request, response, note) => watch(request, response, note),
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'entered',
  ],
  'before the end of its body': [
    (request, response, note) => {
      watch(request, response, note);
      request.on('data', (data) => note(String(data)));
    },
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf',
    'half',
  ],
  'before the end of a body that nobody reads': [
    (request, response, note) => watch(request, response, note),
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf',
    'entered',
  ],
  'after its body was read': [
    (request, response, note) => {
      watch(request, response, note);
      request.resume();
    },
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nhalf',
    'request close',
  ],
  'amid the answer': [
    (request, response, note) => {
      watch(request, response, note);
      response.write('begun');
    },
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'answered',
  ],
};

describe.each(Object.entries(departures))(
  'a client that leaves %s',
  (_name, [scenario, text, stage]) => {
    it('is noticed as under node:http', async () => {
      const [expected, seen] = await tracesOf(scenario, async ({ port }, trace) => {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => undefined);
        socket.write(text);
        if (stage === 'answered') await new Promise((resolve) => socket.once('data', resolve));
        else await until(() => JSON.stringify(trace).includes(stage), stage);
        socket.resetAndDestroy();
      });
      expect(seen).toEqual(expected);
    });
  },
);
