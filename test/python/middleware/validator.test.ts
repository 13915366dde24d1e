/** CPython's own validator judges the examples: what obeys PEP 3333 there passes unchanged. */
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { application as classApp } from '../../../examples/class-app.ts';
import { application as errorRestart } from '../../../examples/error-restart.ts';
import { application as generator } from '../../../examples/generator.ts';
import { application as hello } from '../../../examples/hello.ts';
import { application as legacyWrite } from '../../../examples/legacy-write.ts';
import { application as middleware } from '../../../examples/middleware.ts';
import { application as objectApp } from '../../../examples/object-app.ts';
import { application as pathInfo } from '../../../examples/path-info.ts';
import { application as routing } from '../../../examples/routing.ts';
import { application as stream } from '../../../examples/stream.ts';
import { application as upload } from '../../../examples/upload.ts';
import { application as welcome } from '../../../examples/welcome.ts';
import type { ApplicationLike } from '../../../src/wsgi/types.ts';
import { TEXT } from '../../conformance/apps.ts';
import type { Answer, RequestSpec } from '../../conformance/harness.ts';
import { httpHarness } from '../../conformance/harness-http.ts';
import { need } from '../../interop/components.ts';
import { sizes, surround } from './surround.ts';

const VALIDATOR = 'wsgiref.validate:validator';

const examples: Readonly<Record<string, ApplicationLike>> = {
  'class-app': classApp,
  'error-restart': errorRestart,
  generator,
  hello,
  'legacy-write': legacyWrite,
  middleware,
  'object-app': objectApp,
  'path-info': pathInfo,
  routing,
  stream,
  upload,
  welcome,
};

/** What says something else each time. */
const VOLATILE = new Set(['object-app', 'stream', 'welcome']);

const requests: readonly RequestSpec[] = [
  { target: '/?lines=1' },
  { target: '/path/b%20c%E9?lines=1&d=e' },
  { target: '/countdown?lines=1' },
  { method: 'HEAD', target: '/?lines=1' },
  { method: 'POST', target: '/?lines=1', body: 'some content' },
  { method: 'PUT', target: '/upload?lines=1', body: 'y'.repeat(200_000) },
];

/** What has to be the same in front of the validator and behind it. */
function view(answer: Answer, name: string) {
  const { statusLine, complete, body } = answer;
  const headers = [...answer.headers].filter(([header]) => !FRAMING.test(header));
  return { statusLine, headers, complete, body: VOLATILE.has(name) ? '' : body.toString() };
}

const FRAMING = /^(?:date|content-length|transfer-encoding)$/i;

describe.each(sizes)("wsgiref's validator in a worker with $name", ({ threads }) => {
  beforeEach((context) => void need('python3', context));

  it.each(Object.entries(examples))('has no objection to %s', async (name, app) => {
    const surrounded = await surround(VALIDATOR, app, { threads });
    const { served, log } = surrounded;
    const bare = await httpHarness.serve(app);
    onTestFinished(() => bare.close());
    for (const spec of requests) {
      expect(view(await served.request(spec), name)).toEqual(view(await bare.request(spec), name));
    }
    expect([...served.log, ...log.lines].filter(({ level }) => LOUD.has(level))).toEqual([]);
    expect(surrounded.printed).not.toMatch(/Assert|Traceback|Warning/);
  });

  it.each([
    ['headers without a type', [], ['x'], 'No Content-Type header found in headers'],
    ['a length of no content', [...TEXT, ['Content-Length', '0']], [], null],
    ['a type of no content', TEXT, null, 'Content-Type header found in a 204 response'],
  ] as const)('objects to %s', async (_what, headers, body, objection) => {
    const { served } = await surround(
      VALIDATOR,
      (_environ, startResponse) => {
        startResponse(
          body === null ? '204 No Content' : '200 OK',
          headers.map(([a, b]) => [a, b]),
        );
        return body ?? [];
      },
      { threads },
    );
    const { status } = await served.request();
    const errors = served.log.filter(({ level }) => level === 'error');
    expect([status, errors.length]).toEqual(objection === null ? [200, 0] : [500, 1]);
    expect(String(errors[0]?.fields.error)).toContain(objection ?? '');
  });
});

const LOUD = new Set(['warn', 'error']);
