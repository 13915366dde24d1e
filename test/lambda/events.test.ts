/** Events in the documented forms, and the environs that they come to. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Application, Environ } from 'wizgi';
import { type LambdaResult, type ToLambdaOptions, toLambda, toLambdaStream } from 'wizgi/lambda';

function eventOf(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`events/${name}.json`, import.meta.url), 'utf8'));
}

const log = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};

/** What an application sees of an event, its content as text. */
async function environOf(event: unknown, options: ToLambdaOptions = {}) {
  let seen: (Environ & { content: string }) | null = null;
  const app: Application = (environ, startResponse) => {
    const content = Buffer.from(environ['wsgi.input'].read()).toString();
    seen = Object.assign(environ, { content });
    startResponse('200 OK', []);
    return [];
  };
  const result = await toLambda(app, { log, ...options })(event);
  expect(result).toMatchObject({ statusCode: 200 });
  return seen as unknown as Environ & { content: string };
}

const cases: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'rest-api': {
    REQUEST_METHOD: 'POST',
    SCRIPT_NAME: '/prod',
    PATH_INFO: '/caf\xc3\xa9/a/b',
    QUERY_STRING: 'q=a%20b%26c&tag=x&tag=%C3%A9',
    REQUEST_URI: '/prod/caf%C3%A9/a%2Fb?q=a%20b%26c&tag=x&tag=%C3%A9',
    SERVER_NAME: '1234567890.execute-api.us-east-1.amazonaws.com',
    SERVER_PORT: '443',
    SERVER_PROTOCOL: 'HTTP/1.1',
    REMOTE_ADDR: '203.0.113.9',
    HTTP_X_TAG: 'one, two',
    HTTP_COOKIE: 'session=abc; theme=dark',
    HTTPS: 'on',
    CONTENT_TYPE: 'application/x-www-form-urlencoded',
    CONTENT_LENGTH: '14',
    content: 'name=caf%C3%A9',
    'wsgi.url_scheme': 'https',
    'wsgi.multithread': false,
    'wsgi.multiprocess': true,
  },
  'rest-api-custom-domain': { SCRIPT_NAME: '', PATH_INFO: '/shop/items' },
  'http-api-1.0': {
    SCRIPT_NAME: '/v1',
    PATH_INFO: '/caf\xc3\xa9/x?y',
    REQUEST_URI: '/v1/caf%C3%A9/x%3Fy?q=a%20b%26c&tag=x&tag=%C3%A9',
    HTTP_X_TAG: 'one, two',
  },
  'http-api-2.0': {
    REQUEST_METHOD: 'PUT',
    SCRIPT_NAME: '',
    PATH_INFO: '/caf\xc3\xa9/100%',
    QUERY_STRING: 'q=a%20b%26c&tag=x&tag=%C3%A9',
    REQUEST_URI: '/caf%C3%A9/100%25?q=a%20b%26c&tag=x&tag=%C3%A9',
    REMOTE_ADDR: '203.0.113.9',
    HTTP_X_TAG: 'one,two',
    HTTP_COOKIE: 'session=abc; theme=dark',
    CONTENT_LENGTH: '7',
    content: '{"a":1}',
  },
  'http-api-2.0-stage': {
    SCRIPT_NAME: '/dev',
    PATH_INFO: '/items',
    REQUEST_URI: '/dev/items?q=a%20b%26c&tag=x&tag=%C3%A9',
  },
  'http-api-2.0-custom-domain': {
    SCRIPT_NAME: '',
    PATH_INFO: '/items',
    SERVER_NAME: 'api.example.com',
    REQUEST_URI: '/items?q=a%20b%26c&tag=x&tag=%C3%A9',
  },
  'function-url': {
    SCRIPT_NAME: '',
    PATH_INFO: '/caf\xc3\xa9/a/b',
    REQUEST_URI: '/caf%C3%A9/a%2Fb?q=a%20b%26c&tag=x&tag=%C3%A9',
    SERVER_NAME: 'abcdefghijklmnop.lambda-url.us-east-1.on.aws',
  },
  'load-balancer': {
    REQUEST_METHOD: 'GET',
    PATH_INFO: '/caf\xc3\xa9',
    QUERY_STRING: 'q=a%20b%26c&tag=%C3%A9',
    SERVER_NAME: 'www.example.com',
    SERVER_PORT: '80',
    REMOTE_ADDR: '203.0.113.9',
    HTTP_X_TAG: 'two',
    'wsgi.url_scheme': 'http',
    content: '',
  },
  'load-balancer-multi-value': {
    QUERY_STRING: 'q=a%20b%26c&tag=x&tag=%C3%A9',
    HTTP_X_TAG: 'one, two',
    REMOTE_ADDR: '203.0.113.9',
  },
  'load-balancer-health-check': {
    PATH_INFO: '/',
    QUERY_STRING: '',
    SERVER_NAME: 'localhost',
    SERVER_PORT: '80',
    REMOTE_ADDR: '',
  },
  'vpc-lattice': {
    PATH_INFO: '/items/caf\xc3\xa9',
    QUERY_STRING: 'q=a%20b&tag=x',
    SERVER_NAME: 'svc.example.internal',
    REMOTE_ADDR: '10.0.0.7',
    HTTP_X_TAG: 'one, two',
  },
};

describe('an event', () => {
  it.each(Object.keys(cases))('%s', async (name) => {
    const event = eventOf(name);
    const environ = await environOf(event);
    expect(environ).toMatchObject(cases[name] as object);
    expect(environ['wizgi.lambda.event']).toBe(event);
    for (const [key, value] of Object.entries(environ)) {
      if (!key.includes('.')) expect([key, typeof value]).toEqual([key, 'string']);
    }
  });

  it('tells of the port where the balancer preserves it', async () => {
    const event = eventOf('load-balancer') as { headers: Record<string, string> };
    event.headers['x-forwarded-for'] = '198.51.100.4, [2001:db8::7]:51234';
    const environ = await environOf(event);
    expect([environ['REMOTE_ADDR'], environ['REMOTE_PORT']]).toEqual(['2001:db8::7', '51234']);
  });

  it('may have nothing where others have something', async () => {
    const environ = await environOf({
      httpMethod: 'GET',
      path: '/',
      headers: null,
      multiValueHeaders: null,
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      body: null,
      requestContext: {},
    });
    expect(environ).toMatchObject({ PATH_INFO: '/', QUERY_STRING: '', REMOTE_ADDR: '' });
    expect('CONTENT_LENGTH' in environ).toBe(false);
  });

  it('keeps to a mount point', async () => {
    const environ = await environOf(eventOf('rest-api-custom-domain'), { scriptName: '/shop/' });
    expect([environ.SCRIPT_NAME, environ.PATH_INFO]).toEqual(['/shop', '/items']);
    const hidden = await environOf(eventOf('rest-api'), { scriptName: '' });
    expect([hidden.SCRIPT_NAME, hidden.PATH_INFO]).toEqual(['', '/caf\xc3\xa9/a/b']);
    expect(hidden['REQUEST_URI']).toMatch(/^\/caf%C3%A9\/a%2Fb\?/);
    const shown = await environOf(eventOf('rest-api'), { scriptName: '/prod/caf\xc3\xa9' });
    expect([shown.SCRIPT_NAME, shown.PATH_INFO]).toEqual(['/prod/caf\xc3\xa9', '/a/b']);
    const handler = toLambda(() => [], { scriptName: '/other', log });
    expect(await handler(eventOf('rest-api'))).toMatchObject({ statusCode: 404 });
  });

  it('gives characters beyond Latin-1 in headers as UTF-8', async () => {
    const event = eventOf('function-url') as { headers: Record<string, string> };
    event.headers['x-tag'] = '€';
    expect((await environOf(event))['HTTP_X_TAG']).toBe('\xe2\x82\xac');
  });

  it.each([
    ['of a queue', eventOf('queue'), 'an object with Records'],
    ['of a warm-up', {}, 'an empty object'],
    [
      'of an authorizer',
      { type: 'REQUEST', httpMethod: 'GET', path: '/', requestContext: {} },
      'an object with type, httpMethod, path, requestContext',
    ],
    ['that is null', null, 'null'],
    ['that is text', 'warm', 'string'],
    [
      'of many members',
      Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`k${index}`, 1])),
      'an object with k0, k1, k2, k3, k4, k5, k6, k7, …',
    ],
  ])('%s is refused, unless there is somebody for it', async (_what, event, seen) => {
    await expect(toLambda(() => [])(event)).rejects.toThrow(
      `a function URL or VPC Lattice, but it is ${seen}; the option otherEvents takes all others`,
    );
    const others = (other: unknown) => ({ other });
    expect(await toLambda(() => [], { otherEvents: others })(event)).toEqual({ other: event });
  });
});

/** The result of an application that gives this. */
async function resultOf(
  name: string,
  headers: [string, string][],
  body: string | Uint8Array,
  options: ToLambdaOptions = {},
): Promise<LambdaResult> {
  const app: Application = (_environ, startResponse) => {
    startResponse('201 Made', headers);
    return [body];
  };
  return (await toLambda(app, { log, ...options })(eventOf(name))) as LambdaResult;
}

describe('a result', () => {
  const headers: [string, string][] = [
    ['Content-Type', 'text/plain'],
    ['Set-Cookie', 'a=1'],
    ['Vary', 'Accept'],
    ['Set-Cookie', 'b=2'],
    ['vary', 'Cookie'],
    ['Set-Cookie', 'c=3'],
  ];

  it('of a gateway has all values of each header', async () => {
    expect(await resultOf('rest-api', headers, 'hello')).toEqual({
      statusCode: 201,
      multiValueHeaders: {
        'Content-Type': ['text/plain'],
        'Set-Cookie': ['a=1', 'b=2', 'c=3'],
        Vary: ['Accept', 'Cookie'],
      },
      body: 'hello',
      isBase64Encoded: false,
    });
  });

  it.each(['http-api-2.0', 'function-url'])('of %s has cookies apart', async (name) => {
    expect(await resultOf(name, headers, 'hello')).toEqual({
      statusCode: 201,
      headers: { 'Content-Type': 'text/plain', Vary: 'Accept, Cookie' },
      cookies: ['a=1', 'b=2', 'c=3'],
      body: 'hello',
      isBase64Encoded: false,
    });
  });

  it('of a load balancer has the status as a line, and all values if it takes them', async () => {
    expect(await resultOf('load-balancer-multi-value', headers, 'hello')).toMatchObject({
      statusDescription: '201 Made',
      multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2', 'c=3'] },
    });
    const { headers: single = {} } = await resultOf('load-balancer', headers, 'hello');
    expect(single['Vary']).toBe('Accept, Cookie');
    const cookies = Object.entries(single).filter(([key]) => key.toLowerCase() === 'set-cookie');
    expect(cookies.map(([, value]) => value)).toEqual(['a=1', 'b=2', 'c=3']);
  });

  it('has a spelling for each of many cookies where there can be one only', async () => {
    const many = Array.from({ length: 300 }, (_, index): [string, string] => [
      'Set-Cookie',
      `c${index}=1`,
    ]);
    const { headers: single = {} } = await resultOf('load-balancer', many, 'x');
    expect(Object.keys(single).length).toBe(300);
  });

  const bytes = Uint8Array.of(0xff, 0x00);
  it.each([
    ['text', [['Content-Type', 'text/html; charset=utf-8']], 'é', false],
    ['JSON', [['Content-Type', 'application/problem+json']], '{}', false],
    ['SVG', [['Content-Type', 'IMAGE/SVG+XML']], '<svg/>', false],
    ['no type', [], 'plain', false],
    ['an image', [['Content-Type', 'image/png']], 'abc', true],
    [
      'compressed text',
      [
        ['Content-Type', 'text/html'],
        ['Content-Encoding', 'gzip'],
      ],
      'x',
      true,
    ],
    ['text that is not UTF-8', [['Content-Type', 'text/plain; charset=latin1']], bytes, true],
    ['a further type', [['Content-Type', 'model/obj']], 'v 1 2 3', false],
    ['no type, and not UTF-8', [], bytes, true],
  ] as [string, [string, string][], string | Uint8Array, boolean][])(
    'of %s is encoded where it has to be',
    async (_what, fields, body, encoded) => {
      const result = await resultOf('function-url', fields, body, { textTypes: ['model/*'] });
      expect(result.isBase64Encoded).toBe(encoded);
      expect(Buffer.from(result.body, encoded ? 'base64' : 'utf8')).toEqual(
        Buffer.from(body as string),
      );
    },
  );

  it('to HEAD has the length, and no content', async () => {
    const event = eventOf('rest-api') as Record<string, unknown>;
    event['httpMethod'] = 'HEAD';
    const handler = toLambda((_environ, startResponse) => {
      startResponse('200 OK', []);
      return ['hello'];
    });
    expect(await handler(event)).toEqual({
      statusCode: 200,
      multiValueHeaders: { 'Content-Length': ['5'] },
      body: '',
      isBase64Encoded: false,
    });
  });

  it.each([
    ['function-url', 6 * 1024 ** 2 + 200, {}],
    ['load-balancer', 1024 ** 2 + 1, {}],
    ['vpc-lattice', 6 * 1024 ** 2 + 200, {}],
    ['function-url', 1001, { maxAnswer: 1000 }],
  ])('of %s is not larger than it may be', async (name, size, options) => {
    const lines: string[] = [];
    const report = { ...log, error: (message: string) => void lines.push(message) };
    const large = await resultOf(name, [], 'x'.repeat(size), { ...options, log: report });
    expect([large.statusCode, large.body]).toEqual([502, 'Bad Gateway\n']);
    expect(lines).toEqual(['the answer is too large for Lambda']);
    // Base64 and JSON count, too.
    const encoded = await resultOf(name, [], new Uint8Array(size * 0.9).fill(0xff), options);
    expect(encoded.statusCode).toBe(502);
    expect((await resultOf(name, [], 'x'.repeat(size * 0.7), options)).statusCode).toBe(201);
  });

  it('too large to wait for is not waited for', async () => {
    let closed = false;
    const handler = toLambda(
      (_environ, startResponse) => {
        startResponse('200 OK', []);
        const blocks = (function* () {
          for (;;) yield Buffer.alloc(64 * 1024);
        })();
        const close = () => {
          closed = true;
        };
        return Object.assign(blocks, { close });
      },
      { log },
    );
    expect(await handler(eventOf('function-url'))).toMatchObject({ statusCode: 502 });
    expect(closed).toBe(true);
  });
});

describe('time', () => {
  const context = { getRemainingTimeInMillis: () => 60 };

  it.each([
    ['before it began to answer', async () => new Promise<never>(() => undefined)],
    [
      'while it answers',
      async function* () {
        yield 'some';
        await new Promise(() => undefined);
      },
    ],
  ])('that runs out %s comes to 504', async (_what, body) => {
    const lines: string[] = [];
    let aborted = false;
    const handler = toLambda(
      (environ, startResponse) => {
        environ['wizgi.signal']?.addEventListener('abort', () => {
          aborted = true;
        });
        startResponse('200 OK', []);
        return body() as AsyncGenerator<string>;
      },
      { log: { ...log, error: (message: string) => void lines.push(message) } },
    );
    expect(await handler(eventOf('function-url'), context)).toMatchObject({ statusCode: 504 });
    expect(aborted).toBe(true);
    expect(lines).toEqual([
      expect.stringMatching(/^the application did not (?:begin|end) its response in time$/),
    ]);
  });

  it('that runs out after the answer was given does not take it back', async () => {
    const handler = toLambda((_environ, startResponse) => {
      startResponse('200 OK', []);
      return Object.assign(['done'], { close: () => new Promise<void>(() => undefined) });
    });
    expect(await handler(eventOf('function-url'), context)).toMatchObject({
      statusCode: 200,
      body: 'done',
    });
  });
});

describe('an option', () => {
  it.each([
    [{ basePath: '/x' }, "unknown toLambda option 'basePath'; the options are scriptName,"],
    [{ scriptName: 'x' }, "toLambda option 'scriptName' is 'x'; expected a path such as '/app'"],
    [{ maxAnswer: 0 }, "toLambda option 'maxAnswer' is '0'; expected a number of bytes"],
    [{ timeoutMargin: -1 }, "toLambda option 'timeoutMargin' is '-1'; expected seconds"],
    [{ textTypes: ['text'] }, "toLambda option 'textTypes' has 'text'; expected media types such"],
    [{ otherEvents: true }, "toLambda option 'otherEvents' is 'true'; expected a function"],
  ])('%o is refused', (options, message) => {
    expect(() => toLambda(() => [], options as ToLambdaOptions)).toThrow(message);
  });

  it('environ and errors are for every request', async () => {
    let text = '';
    const write = (part: string) => {
      text += part;
    };
    const handler = toLambda(
      (environ, startResponse) => {
        environ['wsgi.errors'].write(`${environ['my.conf']}\n`);
        startResponse('200 OK', []);
        return [];
      },
      { environ: { 'my.conf': '1' }, errors: { write } },
    );
    await handler(eventOf('function-url'));
    expect(text).toBe('1\n');
  });
});

it('toLambdaStream says where it works', () => {
  Object.assign(globalThis, { awslambda: undefined });
  expect(() => toLambdaStream(() => [])).toThrow(
    "needs awslambda.streamifyResponse, which only Lambda's Node.js runtimes have",
  );
});
