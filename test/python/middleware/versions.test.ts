/** Python middleware in every version of CPython that is there: many uploads at the same time. */
import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { streaming } from '../../../src/wsgi/application.ts';
import { TEXT } from '../../conformance/apps.ts';
import { interpreters } from '../versions/interpreters.ts';
import { surround } from './surround.ts';

/** Gives back what is sent, and says at the end what that was. */
const echo = streaming((environ, startResponse) => {
  startResponse('200 OK', TEXT);
  return (async function* () {
    const hash = createHash('sha256');
    for await (const block of environ['wizgi.input'] ?? []) {
      hash.update(block);
      yield block;
    }
    yield hash.digest('hex');
  })();
});

describe('middleware in Python around a TypeScript application that converses', () => {
  it.for(interpreters)('$name', async ({ path }, context) => {
    const python = path(context);
    for (const target of ['around:identity', 'wsgiref.validate:validator']) {
      const { served } = await surround(target, echo, { python, threads: 8 });
      const uploads = Array.from({ length: 16 }, (_, index) => randomBytes(30_000 * index));
      await Promise.all(
        uploads.map(async (body) => {
          const answer = await served.request({ method: 'POST', body });
          const digest = createHash('sha256').update(body).digest('hex');
          expect(answer.body.equals(Buffer.concat([body, Buffer.from(digest)]))).toBe(true);
        }),
      );
    }
  });
});
