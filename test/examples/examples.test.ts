/** Each example under the test client, and served by the command. */
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type ApplicationLike, asApplication } from 'wizgi';
import { fromFetch } from 'wizgi/fetch';
import { type TestClient, testClient } from 'wizgi/testing';
import { application as classApp } from '../../examples/class-app.ts';
import { application as errorRestart } from '../../examples/error-restart.ts';
import { application as generator } from '../../examples/generator.ts';
import { application as hello } from '../../examples/hello.ts';
import { app as hono } from '../../examples/hono.ts';
import { application as lambda, handler as lambdaHandler } from '../../examples/lambda.ts';
import { application as legacyWrite } from '../../examples/legacy-write.ts';
import {
  lowerCase,
  application as middleware,
  quiet,
  upperCase,
} from '../../examples/middleware.ts';
import { application as objectApp } from '../../examples/object-app.ts';
import { application as pathInfo } from '../../examples/path-info.ts';
import { application as rack } from '../../examples/rack.ts';
import { application as ring } from '../../examples/ring.ts';
import { application as routing } from '../../examples/routing.ts';
import { application as stream } from '../../examples/stream.ts';
import { application as upload } from '../../examples/upload.ts';
import { application as welcome } from '../../examples/welcome.ts';
import { cleanUp, ROOT, startServer } from '../cli/command.ts';

afterEach(cleanUp);

/** What came back, by whichever way. */
interface Answer {
  readonly status: number;
  readonly text: string;
  header(name: string): string | null;
}

type Get = (path: string, upload?: Uint8Array) => Promise<Answer>;

function inProcess(app: ApplicationLike): Get {
  const client: TestClient = testClient(app);
  return async (path, body) => {
    const response = await (body === undefined ? client.get(path) : client.put(path, { body }));
    expect(response.complete).toBe(true);
    const header = (name: string) => response.headers.get(name) ?? null;
    return { status: response.status, text: response.text(), header };
  };
}

async function served(target: string): Promise<Get> {
  const server = startServer([`examples/${target}`]);
  const url = await server.listening();
  return async (path, body) => {
    const init = body === undefined ? {} : { method: 'PUT', body: Buffer.from(body) };
    const response = await fetch(url + path, init);
    const text = await response.text();
    return { status: response.status, text, header: (name) => response.headers.get(name) };
  };
}

interface Example {
  readonly target: string;
  readonly app: ApplicationLike;
  readonly check: (get: Get) => Promise<void>;
}

/** An example that answers one path with one text. */
function says(target: string, app: ApplicationLike, expected: string, path = '/'): Example {
  const check = async (get: Get) => {
    const { status, text } = await get(path);
    expect({ status, text }).toEqual({ status: 200, text: expected });
  };
  return { target, app, check };
}

const SQUARES = Array.from({ length: 10 }, (_, index) => index + 1)
  .map((number) => `${number} × ${number} = ${number * number}\n`)
  .join('');

const examples: readonly Example[] = [
  says('hello.ts', hello, 'Hello, world!\n'),
  says('path-info.ts', pathInfo, '/some/where é\n', '/some/where%20%C3%A9?q=1'),
  says('class-app.ts', classApp, '3\n2\n1\nGET has lift-off!\n'),
  says('generator.ts', generator, SQUARES),
  says('legacy-write.ts', legacyWrite, 'This was written,\nand so was this.\nThis was returned.\n'),
  says('lambda.ts', lambda, 'On a server: /path\n', '/path'),
  says('rack.ts', rack, '2\n1\nLift-off!\n', '/2'),
  says('ring.ts', ring, 'Hello, Ring & co!\n', '/?name=Ring+%26+co'),
  says('middleware.ts', middleware, 'HELLO, WORLD!\n'),
  says('middleware.ts:quiet', quiet, 'hello, world!\n'),
  {
    target: 'object-app.ts',
    app: objectApp,
    check: async (get) => {
      expect((await get('/')).text).toBe('You are visitor number 1.\n');
      expect((await get('/')).text).toBe('You are visitor number 2.\n');
    },
  },
  {
    target: 'hono.ts',
    app: fromFetch(hono),
    check: async (get) => {
      expect((await get('/')).text).toMatch(/^Hello from wizgi\//);
      expect((await get('/count/3')).text).toBe('1\n2\n3\n');
    },
  },
  {
    target: 'error-restart.ts',
    app: errorRestart,
    check: async (get) => {
      const { status, text, header } = await get('/');
      expect(status).toBe(503);
      expect(text).toBe('The treasure could not be found. Try again in a minute.\n');
      expect([header('Retry-After'), header('X-Mood')]).toEqual(['60', null]);
    },
  },
  {
    target: 'routing.ts',
    app: routing,
    check: async (get) => {
      expect((await get('/hello')).text).toBe('Hello, world!\n');
      expect((await get('/path/a/b')).text).toBe('/a/b\n');
      expect((await get('/countdown')).text).toMatch(/lift-off/);
      expect((await get('/')).text).toMatch(/^Try/);
      expect((await get('/toString')).status).toBe(404);
    },
  },
  {
    target: 'stream.ts',
    app: stream,
    check: async (get) => {
      expect((await get('/?lines=2')).text).toMatch(/^line 1 of 2, .*\nline 2 of 2, .*\n$/);
    },
  },
  {
    target: 'upload.ts',
    app: upload,
    check: async (get) => {
      await checkUpload(get, '/');
      expect(await get('/')).toMatchObject({ status: 405 });
    },
  },
  {
    target: 'welcome.ts',
    app: welcome,
    check: async (get) => {
      const page = await get('/?<script>alert(1)</script>&"');
      expect(page.status).toBe(200);
      expect(page.header('Content-Type')).toBe('text/html; charset=utf-8');
      expect(page.text).toContain('<th scope="row">REQUEST_METHOD</th><td>GET</td>');
      expect(page.text).not.toContain('<script>alert');
      expect(page.text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
      await checkUpload(get, '/upload');
      for (const [, path = ''] of page.text.matchAll(/(?:src|href)="([^":]+)"/g)) {
        const answer = await get(`/${path.replace('lines=10', 'lines=1')}`);
        expect([path, answer.status]).toEqual([path, path === 'error-restart' ? 503 : 200]);
      }
      expect((await get('/nothing')).status).toBe(404);
    },
  },
];

async function checkUpload(get: Get, path: string): Promise<void> {
  for (const body of [randomBytes(300_000), new Uint8Array(0)]) {
    const { status, text } = await get(path, body);
    const sha256 = createHash('sha256').update(body).digest('hex');
    expect({ status, ...JSON.parse(text) }).toEqual({ status: 200, bytes: body.length, sha256 });
  }
}

describe('under the test client', () => {
  it.each(examples)('$target', ({ app, check }) => check(inProcess(app)));
});

describe('served by the command', () => {
  it.each(examples)('$target', async ({ target, check }) => check(await served(target)));
});

describe('the middleware of the examples', () => {
  it.each(
    examples.filter(({ target }) => /^(?:class|object|gen|legacy|error|stream)/.test(target)),
  )('goes around $target', async ({ app }) => {
    const path = '/?lines=1';
    const application = inProcess(app);
    const plain = (await application(path)).text;
    for (const [wrap, change] of [
      [upperCase, (text: string) => text.toUpperCase()],
      [lowerCase, (text: string) => text.toLowerCase()],
    ] as const) {
      const { text } = await inProcess(wrap(asApplication(app)))(path);
      expect(hideNumbers(text)).toBe(change(hideNumbers(plain)));
    }
  });
});

function hideNumbers(text: string): string {
  return text.replace(/\d+/g, '#');
}

it('lambda.ts answers events', async () => {
  const event = {
    version: '2.0',
    rawPath: '/path',
    rawQueryString: '',
    headers: {},
    requestContext: { http: { method: 'GET', sourceIp: '192.0.2.1' } },
  };
  expect(await lambdaHandler(event, { awsRequestId: 'id-1' })).toEqual({
    statusCode: 200,
    headers: { 'Content-Type': 'text/plain; charset=utf-8' },
    cookies: ['visited=1; Path=/', 'theme=dark; Path=/'],
    body: 'In a function, request id-1: /path\n',
    isBase64Encoded: false,
  });
});

it('are all listed in their README, and all tested here', () => {
  const directory = join(ROOT, 'examples');
  const files = readdirSync(directory).filter((name) => name.endsWith('.ts'));
  const readme = readFileSync(join(directory, 'README.md'), 'utf8');
  expect(files.filter((name) => !readme.includes(`[${name}](${name})`))).toEqual([]);
  const tested = examples.map(({ target }) => target);
  expect(files.filter((name) => !tested.includes(name))).toEqual([]);
});
