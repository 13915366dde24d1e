import { describe, expect, it } from 'vitest';
import { serverLog } from './server-log.ts';

class Collected {
  text = '';

  write(text: string): void {
    this.text += text;
  }

  /** The lines, without the time. */
  get lines(): string[] {
    return this.text.split('\n').map((line) => line.replace(/^\[[^\]]*\] \[\d+\] /, ''));
  }
}

async function open(
  format: 'text' | 'json',
  level: 'debug' | 'info' | 'warning' | 'error' = 'info',
) {
  const sink = new Collected();
  return { sink, ...(await serverLog(sink, { format, level })) };
}

describe('text', () => {
  it("is like Gunicorn's", async () => {
    const { sink, log } = await open('text');
    log.info('Listening at: http://127.0.0.1:8000');
    expect(sink.text).toMatch(
      /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}\] \[\d+\] \[INFO\] Listening at: http:\/\/127\.0\.0\.1:8000\n$/,
    );
  });

  it('appends fields, escaped', async () => {
    const { sink, log } = await open('text');
    log.warn('refused', {
      reason: 'bad-target',
      bytes: 12,
      target: '/a b"\n\x1b[0m\xff',
      empty: '',
      nothing: undefined,
      list: ['a\n'],
    });
    expect(sink.lines[0]).toBe(
      String.raw`[WARNING] refused reason=bad-target bytes=12 target="/a b\x22\x0a\x1b[0m\xff" empty="" list="[ 'a\x5cn' ]"`,
    );
  });

  it('never shows secrets', async () => {
    const { sink, log } = await open('text');
    log.error('x', { authorization: 'secret', 'Set-Cookie': 'secret', HTTP_COOKIE: 'secret' });
    expect(sink.lines[0]).toBe(
      '[ERROR] x authorization=[redacted] Set-Cookie=[redacted] HTTP_COOKIE=[redacted]',
    );
  });

  it('puts the stack of an error, and of its causes, on lines of its own', async () => {
    const { sink, log } = await open('text');
    const cause = new TypeError('inner\x1b[31m');
    log.error('the application failed', { error: new Error('outer', { cause }), request: 'GET /' });
    expect(sink.lines[0]).toBe('[ERROR] the application failed request="GET /"');
    expect(sink.lines[1]).toBe('Error: outer');
    expect(sink.lines[2]).toMatch(/^ {4}at .*server-log\.test\.ts/);
    expect(sink.lines).toContain('Caused by: TypeError: inner\\x1b[31m');
  });

  it('shows nothing of an error but its stack', async () => {
    const { sink, log } = await open('text');
    log.error('x', {
      error: Object.assign(new Error('e'), { config: { Authorization: 'secret' } }),
    });
    expect(sink.text).not.toContain('secret');
  });

  it.each([
    ['a text', "'a text'"],
    [null, 'null'],
    [{ code: 7 }, '{ code: 7 }'],
  ])('takes %j for an error', async (error, shown) => {
    const { sink, log } = await open('text');
    log.error('x', { error });
    expect(sink.lines.slice(0, 2)).toEqual(['[ERROR] x', shown]);
  });

  it('survives errors that are their own cause, and stacks that throw', async () => {
    const { sink, log } = await open('text');
    const loop = new Error('loop');
    loop.cause = loop;
    log.error('x', { error: loop });
    const broken = new Error('broken');
    Object.defineProperty(broken, 'stack', {
      get() {
        throw new Error('no');
      },
    });
    log.error('y', { error: broken });
    expect(sink.text).toContain('Caused by: [the same error again]');
    expect(sink.text).toContain('an error that cannot be shown');
  });

  it('passes wsgi.errors on as it is', async () => {
    const { sink, errors } = await open('text');
    errors.write('from the application\n');
    expect(sink.text).toBe('from the application\n');
  });
});

it.each([
  ['debug', ['a', 'b', 'c', 'd']],
  ['info', ['b', 'c', 'd']],
  ['warning', ['c', 'd']],
  ['error', ['d']],
] as const)('from level %s on', async (level, shown) => {
  for (const format of ['text', 'json'] as const) {
    const { sink, log } = await open(format, level);
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    const lines = sink.text.trimEnd().split('\n');
    expect(lines.map((line) => /(?:\] |"msg":")([a-d])/.exec(line)?.[1])).toEqual(shown);
  }
});

describe('json', () => {
  it('is an object a line', async () => {
    const { sink, log } = await open('json');
    log.warn('refused', { target: '/\n\u2028\ud800"', cookie: 'secret', error: new Error('e') });
    expect(sink.text).toMatch(/^[\x20-\x7e]+\n$/);
    expect(JSON.parse(sink.text)).toMatchObject({
      level: 'warning',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      pid: process.pid,
      msg: 'refused',
      target: '/\n\u2028\ud800"',
      cookie: '[redacted]',
      error: expect.stringMatching(/^Error: e\n {4}at /),
    });
  });

  it('cuts long fields', async () => {
    const { sink, log } = await open('json');
    log.info('x', { field: 'y'.repeat(1024 * 1024) });
    expect(JSON.parse(sink.text).field).toHaveLength(8192 + 3);
  });

  it('makes an entry of each line of wsgi.errors', async () => {
    const { sink, errors } = await open('json');
    errors.write('one\ntw');
    errors.write('o\nrest');
    errors.flushSync?.();
    const entries = sink.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(entries.map(({ msg, text }) => [msg, text])).toEqual([
      ['wsgi.errors', 'one'],
      ['wsgi.errors', 'two'],
      ['wsgi.errors', 'rest'],
    ]);
  });
});
