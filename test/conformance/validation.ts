import { describe, expect, it } from 'vitest';
import { type Finding, validator } from '../../src/validator/index.ts';
import type { Application } from '../../src/wsgi/types.ts';
import { TEXT, thrownBy } from './apps.ts';
import { type Harness, type RequestSpec, serving } from './harness.ts';

/** The ids of the rules that an application breaks. */
async function brokenBy(
  harness: Harness,
  app: Application,
  spec: RequestSpec = {},
): Promise<string[]> {
  const findings: Finding[] = [];
  const served = await serving(
    harness,
    validator({ report: (finding) => findings.push(finding) })(app),
  );
  await served.request(spec);
  return findings.map(({ rule }) => rule.id);
}

/** What no server minds, and others fail at: the validator tells. */
export function validation(harness: Harness): void {
  describe('the validator', () => {
    it.each([
      ['wsgi.input', 'close', 'input-methods'],
      ['wsgi.input', 'pipe', 'input-methods'],
      ['wsgi.errors', 'close', 'errors-methods'],
    ] as const)('APP-12 flags %s.%s()', async (key, method, rule) => {
      const app: Application = (environ, startResponse) => {
        const stream = environ[key] as unknown as Record<string, () => unknown>;
        thrownBy(() => stream[method]?.());
        startResponse('200 OK', TEXT);
        return ['content'];
      };
      expect(await brokenBy(harness, app)).toEqual([rule]);
    });

    it.each([
      [false, ['input-read-beyond']],
      [true, []],
    ])(
      'APP-13 flags a read beyond CONTENT_LENGTH, unless the stream ends itself: %s',
      async (terminated, rules) => {
        // As a server would whose stream does not.
        const inner =
          (app: Application): Application =>
          (environ, startResponse) => {
            environ['wsgi.input_terminated'] = terminated;
            return app(environ, startResponse);
          };
        const findings: string[] = [];
        const checked = validator({ report: ({ rule }) => findings.push(rule.id) });
        const reading: Application = (environ, startResponse) => {
          startResponse('200 OK', TEXT);
          return [environ['wsgi.input'].read(4), environ['wsgi.input'].read(4)];
        };
        const served = await serving(harness, inner(checked(reading)));
        const answer = await served.request({ method: 'POST', body: 'sixish' });
        expect(answer.body.toString()).toBe('sixish');
        expect(findings).toEqual(rules);
      },
    );

    it('APP-19 flags an application that keeps an error of startResponse to itself', async () => {
      const swallowing: Application = (_environ, startResponse) => {
        startResponse('200 OK', TEXT);
        return (function* () {
          yield 'content';
          thrownBy(() => startResponse('500 Oops', TEXT, new Error('late')));
          yield 'more';
        })();
      };
      expect(await brokenBy(harness, swallowing)).toEqual(['start-response-swallowed']);
    });

    it('ASY-37 covers results that come later', async () => {
      const late = (make: (app: Parameters<Application>[1]) => unknown): Application =>
        (async (_environ: unknown, startResponse: Parameters<Application>[1]) => {
          await null;
          return make(startResponse);
        }) as Application;
      const rules = await Promise.all(
        [
          late((start) => {
            start('200 OK', TEXT);
            return [Promise.resolve('content')];
          }),
          late((start) =>
            (async function* () {
              yield '';
              start('200 OK', TEXT);
            })(),
          ),
          late((start) => {
            const write = start('200 OK', TEXT);
            return (async function* () {
              yield 'content';
              thrownBy(() => write('more'));
            })();
          }),
        ].map((app) => brokenBy(harness, app)),
      );
      expect(rules).toEqual([
        expect.arrayContaining(['async-block']),
        ['start-response-before-content'],
        ['write-during-iteration'],
      ]);
    });
  });
}
