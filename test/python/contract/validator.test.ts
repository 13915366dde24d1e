/** wsgiref.validate around applications: it watches the server as much as them. */
import { afterEach, describe, expect, it } from 'vitest';
import { type Site, sites, THREADS } from './site.ts';

const siteOf = sites();

const NAMES = [
  'listed',
  'empty',
  'generated',
  'written',
  'long',
  'no_content',
  'not_modified',
  'replaced',
  'file',
  'logs',
  'read',
];
const BODIES = ['', 'a line\n', 'two\nlines and a rest', 'x\n'.repeat(30_000)];

describe.each(THREADS)('the validator, %i threads', (threads) => {
  let site: Site | undefined;
  afterEach(() => {
    const printed = site?.printed ?? '';
    // That it lost sight of an iterable is printed only.
    expect(printed.match(/.*(?:Warning|Error|without being closed).*/g)).toBeNull();
  });

  for (const streamed of [false, true]) {
    it(`finds nothing${streamed ? ' where content is streamed' : ''}`, async (context) => {
      site = await siteOf(context, { threads, target: 'validated:application' });
      const asked = site;
      for (const name of NAMES) {
        for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS']) {
          for (const body of method === 'POST' ? BODIES : ['']) {
            const target = `/${name}/%e9?a=%20b`;
            const spec = method === 'POST' ? { method, body } : { method };
            const answer = await asked.ask(target, 'k', spec, streamed);
            expect([name, method, answer.complete]).toEqual([name, method, true]);
            expect(answer.status).toBe(
              { no_content: 204, not_modified: 304, replaced: 503 }[name] ?? 200,
            );
            if (name === 'read') expect(answer.body.toString()).toBe(body);
          }
        }
      }
      expect(site.served.log.filter(({ level }) => level !== 'debug')).toEqual([]);
      expect(site.lateErrors).toBe(0);
    });
  }

  it('is at work', async (context) => {
    site = await siteOf(context, { threads, target: 'validated:application', timeout: 59 });
    const answer = await site.ask('/breaks');
    expect(answer.status).toBe(500);
    expect(String(site.served.log[0]?.fields.error)).toContain('AssertionError');
  });
});
