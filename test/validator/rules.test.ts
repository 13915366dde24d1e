/** Each rule is broken by an application or a server that breaks no other, and is found then. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { testClient } from '../../src/testing/index.ts';
import { type Finding, rules, ValidationError, validator } from '../../src/validator/index.ts';
import type { Application, Environ } from '../../src/wsgi/types.ts';
import { until } from '../conformance/harness.ts';
import {
  type ApplicationBreak,
  applicationBreaks,
  asynchronousBreaks,
  caught,
  middlewareBreaks,
} from './application-breaks.ts';
import { type ServerBreak, serverBreaks } from './server-breaks.ts';

const yieldingThree: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return (function* () {
    yield* ['one', 'two', 'three'];
  })();
};

const hello: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return (function* () {
    yield 'hello';
  })();
};

/** Collects what is found. */
function collector() {
  const findings: Finding[] = [];
  const ids = () => [...new Set(findings.map(({ rule }) => rule.id))];
  return { report: (finding: Finding) => void findings.push(finding), findings, ids };
}

const ruleOf = (id: string) => rules.find((rule) => rule.id === id);

describe('rules', () => {
  it('have ids of their own, and say all there is to say', () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    for (const { id, text, remedy, reference } of rules) {
      expect(id).toMatch(/^[a-z]+(?:-[a-z]+)+$/);
      expect([text, remedy].map((sentence) => sentence.at(-1))).toEqual(['.', '.']);
      expect(reference).toMatch(/PEP 3333|RFC \d+ §|ECMA-262/);
    }
  });

  it('each have a test that breaks them', () => {
    const broken = [applicationBreaks, serverBreaks, middlewareBreaks].flatMap(Object.keys);
    expect([...broken].sort()).toEqual(rules.map(({ id }) => id).sort());
  });

  it('are of the side that breaks them', () => {
    for (const id of [applicationBreaks, middlewareBreaks].flatMap(Object.keys)) {
      expect([id, ruleOf(id)?.side]).toEqual([id, 'application']);
    }
    for (const id of Object.keys(serverBreaks)) {
      expect([id, ruleOf(id)?.side]).toEqual([id, 'server']);
    }
  });
});

describe('applications that break a rule', () => {
  for (const [id, { app, method = 'GET', request }] of Object.entries(applicationBreaks)) {
    it(`${id} is reported`, async () => {
      const { report, ids } = collector();
      await testClient(validator({ report })(app)).request(method, '/', request);
      await until(() => ids().length > 0);
      expect(ids()).toEqual([id]);
    });
  }

  it.each(asynchronousBreaks)('ASY-37 %s is found with %s', async (id, _what, app) => {
    const { report, ids } = collector();
    await testClient(validator({ report })(app)).get('/');
    expect(ids()).toEqual([id]);
  });

  for (const [id, { middleware }] of Object.entries(middlewareBreaks)) {
    it(`${id} is reported between two validators`, async () => {
      const { report, ids } = collector();
      const check = validator({ report });
      await testClient(check(middleware(check(yieldingThree)))).get('/');
      expect(ids()).toContain(id);
      const others = ids().filter((found) => found !== id);
      // What is taken too early is the only way to write it.
      expect(others).toEqual(id === 'middleware-write' ? ['middleware-returns-first'] : []);
    });
  }
});

describe('servers that break a rule', () => {
  for (const [id, { serve, app = hello }] of Object.entries(serverBreaks)) {
    it(`${id} is reported`, async () => {
      const { report, ids } = collector();
      const checked = validator({ report })(app) as (...args: unknown[]) => never;
      try {
        await serve(checked);
      } catch {
        // What a broken request comes to is not the question here.
      }
      await until(() => ids().length > 0);
      expect(ids().filter((found) => ruleOf(found)?.side === 'server')).toEqual([id]);
    });
  }
});

describe('without report', () => {
  afterEach(() => void vi.restoreAllMocks());

  const errorsOf = (breaks: Readonly<Record<string, unknown>>) =>
    Object.keys(breaks).filter((id) => ruleOf(id)?.severity === 'error');
  const rulesIn = (errors: readonly unknown[]) =>
    errors
      .filter((error) => error instanceof ValidationError)
      .map(({ finding }) => finding.rule.id);

  // What an application throws by itself is not made worse.
  const applications = errorsOf(applicationBreaks).filter((id) => id !== 'application-fails');
  it.each(applications)('%s is thrown where the application errs', async (id) => {
    const { app, method = 'GET', request } = applicationBreaks[id] as ApplicationBreak;
    caught.length = 0;
    const response = await testClient(validator()(app)).request(method, '/', request);
    await until(() => rulesIn([response.error, ...caught]).includes(id));
  });

  it('application-fails is what the application threw', async () => {
    const error = new Error('on its own');
    const app: Application = () => {
      throw error;
    };
    expect((await testClient(validator()(app)).get('/')).error).toBe(error);
  });

  // Nobody is left to hear of it.
  const servers = errorsOf(serverBreaks).filter((id) => id !== 'close-missing');
  it.each(servers)('%s is thrown where the server errs', async (id) => {
    const { serve, app = hello } = serverBreaks[id] as ServerBreak;
    const checked = validator()(app) as (...args: unknown[]) => never;
    // Some rules show in what the application is given, and so come up through it.
    const results: unknown[] = [];
    const call = (...args: unknown[]) => {
      const result: unknown = checked(...args);
      if (result instanceof Promise) results.push(result.catch((error: unknown) => error));
      return result as never;
    };
    const thrown = await Promise.resolve()
      .then(() => serve(call))
      .catch((error: unknown) => error);
    const found = rulesIn([thrown, ...(await Promise.all(results))]);
    expect([...new Set(found)]).toEqual([id]);
  });

  it('close-missing is written to the console', async () => {
    const written: string[] = [];
    vi.spyOn(console, 'error').mockImplementation((text: string) => void written.push(text));
    const checked = validator()(hello);
    await serverBreaks['close-missing']?.serve((environ, startResponse) =>
      checked(Object.assign(environ as Environ, { PATH_INFO: '/lost' }), startResponse as never),
    );
    const start = 'wizgi validator: GET /lost: error: close-missing: ';
    await until(() => written.some((text) => text.startsWith(start)));
  });

  it('a warning is written to wsgi.errors, once', async () => {
    const client = testClient(validator()(applicationBreaks['header-etag']?.app as Application));
    const [first, second] = [await client.get('/'), await client.get('/')];
    expect(first.errors).toBe(
      'wizgi validator: GET /: warning: header-etag: the ETag is "bare". An ETag is quoted, with W/ before the quotes where it is weak. Write "tag", or W/"tag". (RFC 9110 §8.8.3)\n',
    );
    expect([second.errors, second.text()]).toEqual(['', 'content']);
  });
});
