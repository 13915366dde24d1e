/** What becomes of errors in Python applications. (PEP 3333, Error Handling) */
import { describe, expect, it } from 'vitest';
import { sites, THREADS } from './site.ts';

const siteOf = sites();

const ERRORS: readonly (readonly [name: string, shown: RegExp])[] = [
  ['exception', /ValueError: s/],
  ['system exit', /SystemExit: 3/],
  ['interrupt', /KeyboardInterrupt/],
  ['memory', /MemoryError/],
  ['generator exit', /GeneratorExit/],
  ['mine', /failing\.Mine: mine|Mine: mine/],
  ['unspeakable', /Unspeakable/],
  ['surrogate', /ValueError/],
  ['long', /ValueError: x/],
  ['connection', /ConnectionResetError: of a database, say/],
  ['os', /OSError: \[Errno 28\]/],
  ['deep', /RecursionError/],
  ['chained', /KeyError: 'the cause'[\s\S]*ValueError: the effect/],
  ['exit', /SystemExit: by sys\.exit/],
];

describe.each(THREADS)('errors, %i threads', (threads) => {
  it.for(ERRORS)('%s is 500 before content, and a cut after', async ([error, shown], context) => {
    const site = await siteOf(context, { threads });
    const pid = await site.pid();
    for (const when of ['first', 'started', 'iterated', 'block']) {
      const key = `${threads}-${error.replace(' ', '-')}-${when}`;
      const path = `/failing/raises?error=${error.replace(' ', '+')}&when=${when}`;
      const answer = await site.ask(path, key);
      if (when === 'block') {
        expect([answer.status, answer.body.toString(), answer.complete]).toEqual([
          200,
          'begun',
          false,
        ]);
      } else {
        // Nothing of the error, nor of what was prepared, reaches the client.
        expect([answer.status, answer.body.toString()]).toEqual([500, 'Internal Server Error\n']);
        expect(answer.raw).not.toContain('X-Of-The-Failed');
      }
      const closes = when === 'first' || when === 'started' ? [] : ['close'];
      expect(await site.recorded(key, closes.length)).toEqual(closes);
      const lines = site.served.log.filter(({ fields }) => String(fields.request).includes(key));
      expect(lines.map(({ level }) => level)).toEqual(['error']);
      const traceback = (lines[0]?.fields.error as Error | undefined)?.stack;
      expect(traceback).toMatch(shown);
      expect(traceback).toContain('failing.py');
      expect(traceback).not.toContain('wizgi_worker');
    }
    expect(await site.pid()).toBe(pid);
  });

  it('StopIteration where it is called is an error; in an iterable, its end', async (context) => {
    const site = await siteOf(context, { threads });
    expect((await site.ask('/failing/raises?error=stop&when=first')).status).toBe(500);
    const answer = await site.ask('/failing/raises?error=stop&when=block');
    expect([answer.body.toString(), answer.complete]).toEqual(['begun', true]);
  });

  it('an application may answer for its own', async (context) => {
    const site = await siteOf(context, { threads });
    const answer = await site.ask('/failing/page', `page-${threads}`);
    expect([answer.statusLine, answer.body.toString()]).toEqual(['500 Handled', 'its own page']);
    expect(answer.raw).not.toContain('X-Of-The-Failed');
    expect(site.errorsOf(`page-${threads}`)).toEqual([]);
  });
});

describe('wsgi.errors', () => {
  it.for([
    ["'plain\\n'", 'plain'],
    ["'Zo\\xeb \\u20ac \\U0001f600\\n'", 'Zoë € 😀'],
    ["'half \\ud800 pair\\n'", 'half \\ud800 pair'],
    ["'forged\\r\\x1b[2J\\x00\\x9b\\n'", 'forged\\x0d\\x1b[2J\\x00\\x9b'],
    ["'return\\r\\n'", 'return'],
    ["'x' * 5000 + '\\n'", 'x'.repeat(5000)],
    ["'\\n'", ''],
    ["'without its end'", 'without its endand'],
  ] as const)('takes %s', async ([value, line], context) => {
    const site = await siteOf(context, {});
    const before = site.printed.length;
    const body = Buffer.from(value);
    const { events } = await site.visit('/failing/logs', { method: 'POST', body });
    expect(events).toEqual([]);
    const pid = await site.pid();
    await expect.poll(() => site.printed.slice(before)).toContain('and\n');
    const lines = site.printed.slice(before).split('\n');
    expect(lines).toContain(`[python ${pid}] ${line}`);
  });

  it('takes a list of lines, and a megabyte, and loses nothing', async (context) => {
    const site = await siteOf(context, {});
    const before = site.printed.length;
    const body = "['one\\n', 'two\\n', 'm' * (1 << 20) + '\\n']";
    await site.visit('/failing/logs?method=writelines', { method: 'POST', body });
    await expect.poll(() => site.printed.slice(before)).toContain('and\n');
    const text = site.printed.slice(before);
    expect(text).toMatch(/\] one\n\[python \d+\] two\n/);
    expect(text.match(/m/g)?.length).toBe(1 << 20);
  });

  it.for(["b'bytes'", '7', 'None'])('does not take %s', async (value, context) => {
    const site = await siteOf(context, {});
    const { events } = await site.visit('/failing/logs', { method: 'POST', body: value });
    expect(events).toEqual([expect.stringMatching(/^TypeError: /)]);
  });

  it('keeps the lines of several threads whole', async (context) => {
    const site = await siteOf(context, {});
    await site.visit('/failing/logs_together');
    const whole = () => site.printed.split('\n').filter((line) => /\] (.)\1{99}$/.test(line));
    await expect.poll(() => whole().length).toBe(800);
  });

  it('keeps its order with what is printed', async (context) => {
    const site = await siteOf(context, {});
    await site.visit('/failing/prints');
    await expect
      .poll(() => site.printed)
      .toMatch(/to stdout\n\[python \d+\] to stderr\n\[python \d+\] to wsgi\.errors\n/);
  });
});
