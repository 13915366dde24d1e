/** The examples, and the applications that the package itself has, behind the validator. */
import { describe, expect, it } from 'vitest';
import { application as classApp } from '../../examples/class-app.ts';
import { application as errorRestart } from '../../examples/error-restart.ts';
import { application as generator } from '../../examples/generator.ts';
import { application as hello } from '../../examples/hello.ts';
import { application as legacyWrite } from '../../examples/legacy-write.ts';
import { application as middleware } from '../../examples/middleware.ts';
import { application as objectApp } from '../../examples/object-app.ts';
import { application as pathInfo } from '../../examples/path-info.ts';
import { application as routing } from '../../examples/routing.ts';
import { application as stream } from '../../examples/stream.ts';
import { application as upload } from '../../examples/upload.ts';
import { application as welcome } from '../../examples/welcome.ts';
import { testClient } from '../../src/testing/index.ts';
import { describeFinding, validator } from '../../src/validator/index.ts';
import { demoApp } from '../../src/wsgi/demo.ts';
import { mount } from '../../src/wsgi/mount.ts';
import type { ApplicationLike } from '../../src/wsgi/types.ts';

const applications: readonly (readonly [string, ApplicationLike])[] = [
  ['class-app', classApp],
  ['error-restart', errorRestart],
  ['generator', generator],
  ['hello', hello],
  ['legacy-write', legacyWrite],
  ['middleware', middleware],
  ['object-app', objectApp],
  ['path-info', pathInfo],
  ['routing', routing],
  ['stream', stream],
  ['upload', upload],
  ['welcome', welcome],
  ['the demo application', demoApp],
  ['mount()', mount({ '/inner': hello })],
];

describe('behind the validator', () => {
  it.each(applications)('%s breaks no rule', async (_name, app) => {
    const found: string[] = [];
    const check = validator({ report: (finding) => found.push(describeFinding(finding)) });
    // Inside, too: what calls it is a server to it.
    const client = testClient(check(check(app)));
    for (const target of ['/?lines=1', '/inner/%C3%A9%FF?lines=1']) {
      await client.get(target);
      await client.head(target);
      await client.post(target, { form: { name: 'value' } });
      await client.options(target);
      const left = client.stream('GET', target);
      await left.read();
      left.abort();
      await left.response;
    }
    expect(found).toEqual([]);
  });
});
