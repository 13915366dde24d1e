import { describe, expect, it } from 'vitest';
import { optionTable } from '../gateways/options.ts';
import { pythonOptionTable } from '../python/options.ts';
import { commandOptions } from './command-options.ts';
import { parseFlags, upToTarget } from './flags.ts';
import { helpText } from './help.ts';
import { showBytes } from './values.ts';

describe('parseFlags', () => {
  it('leaves out what was not given', () => {
    expect(parseFlags(['app.ts'])).toEqual({
      positionals: ['app.ts'],
      server: {},
      python: {},
      upstream: {},
      cgi: {},
      command: {},
    });
  });

  it('reads flags of the server by kind', () => {
    const { server } = parseFlags([
      ...['-b', '127.0.0.1:0', '--bind', 'unix:/run/app.sock', '--limit-request-body', '10m'],
      ...['--timeout', '0.5', '--backlog=64', '--serial', '--socket-mode', '660'],
    ]);
    expect(server).toEqual({
      bind: ['127.0.0.1:0', 'unix:/run/app.sock'],
      maxBody: 10 * 1024 ** 2,
      timeout: 0.5,
      backlog: 64,
      serial: true,
      socketMode: '660',
    });
  });

  it('reads flags of Python applications', () => {
    const { python, positionals } = parseFlags([
      ...['mysite.wsgi', '-w', '4', '--threads=2', '--python', '.venv/bin/python', '--preload'],
      ...['--pythonpath', 'a,b', '--pythonpath', 'c', '--max-rss', '512m', '--no-reload'],
      ...['--max-requests', '1000', '--max-requests-jitter', '50'],
    ]);
    expect(positionals).toEqual(['mysite.wsgi']);
    expect(python).toEqual({
      workers: 4,
      threads: 2,
      python: '.venv/bin/python',
      preload: true,
      pythonpath: ['a', 'b', 'c'],
      maxRss: 512 * 1024 ** 2,
      reload: false,
      maxRequests: 1000,
      maxRequestsJitter: 50,
    });
  });

  it('reads flags of the command, by all their names', () => {
    const { command, positionals } = parseFlags([
      ...['app.ts:api', '-e', 'A=1', '--env=B=2=3', '--access-logfile', '-', '--log-file', 'x.log'],
      ...['-c', 'other.config.ts', '--log-level', 'warning', '--check-config'],
    ]);
    expect(positionals).toEqual(['app.ts:api']);
    expect(command).toEqual({
      env: ['A=1', 'B=2=3'],
      accessLogfile: '-',
      errorLogfile: 'x.log',
      config: 'other.config.ts',
      logLevel: 'warning',
      checkConfig: true,
    });
  });

  it.each([
    ['8192', 8192],
    ['64k', 65536],
    ['64K', 65536],
    ['10mb', 10 * 1024 ** 2],
    ['1g', 1024 ** 3],
  ])('reads %s bytes', (text, bytes) => {
    expect(parseFlags(['--limit-request-body', text]).server).toEqual({ maxBody: bytes });
  });

  it('turns a flag without value off by no-', () => {
    expect(parseFlags(['--no-serial']).server).toEqual({ serial: false });
  });

  it.each([
    [['--bnd', 'x'], 'there is no flag --bnd; did you mean --bind?'],
    [
      ['--access-log-file', 'x'],
      'there is no flag --access-log-file; did you mean --access-logfile?',
    ],
    [['--frobnicate'], 'there is no flag --frobnicate; wizgi --help lists all'],
    [['-x'], 'there is no flag -x; wizgi --help lists all'],
    [['--__proto__'], 'there is no flag --__proto__; wizgi --help lists all'],
    [['--no-bind'], 'there is no flag --no-bind; wizgi --help lists all'],
    [['--bind'], '--bind needs a value: --bind ADDRESS'],
    [['--bind', '--serial'], '--bind needs a value: --bind ADDRESS'],
    [['--serial=yes'], '--serial takes no value'],
    [
      ['--limit-request-line', '8x'],
      '--limit-request-line is "8x"; expected a number of bytes, as in 8192, 64k, 10m or 1g',
    ],
    [['--limit-request-body', '9999999g'], /expected a number of bytes/],
    [['-t', 'soon'], '--timeout is "soon"; expected a number of seconds, as in 30 or 0.5'],
    [['-t', '-1'], '--timeout is "-1"; expected a number of seconds, as in 30 or 0.5'],
    [['--backlog', '1.5'], '--backlog is "1.5"; expected a whole number'],
    [['--socket-mode', '999'], '--socket-mode is "999"; expected an octal mode, as in 660'],
    [['--log-level', 'loud'], '--log-level is "loud"; expected debug, info, warning or error'],
    [['-w', '0'], '--workers is "0"; expected a whole number of at least 1'],
    [['--mount'], '--mount needs a value: --mount PREFIX=TARGET'],
    [
      ['-k', 'gevent'],
      '-k (--worker-class) has no counterpart in wizgi: there is one kind of worker; see --threads',
    ],
    [
      ['--paste', 'a.ini'],
      '--paste has no counterpart in wizgi: name the file as TARGET, as in wizgi serve production.ini',
    ],
    [
      ['--daemon'],
      '--daemon has no counterpart in wizgi: leave that to the service manager (systemd, a container)',
    ],
  ])('refuses %j', (args, message) => {
    expect(() => parseFlags(args)).toThrow(message);
  });
});

describe('helpText', () => {
  it('begins with an example', () => {
    expect(helpText().split('\n').slice(0, 3)).toEqual([
      'Serves WSGI applications (PEP 3333) written in TypeScript, JavaScript or Python.',
      '',
      '  wizgi serve app.ts                       serve app.ts at http://127.0.0.1:8000',
    ]);
  });

  it('describes each flag once', () => {
    const flags = [optionTable, pythonOptionTable, commandOptions].flatMap<{ flag: string }>(
      (table) => Object.values(table),
    );
    const lines = helpText().split('\n');
    for (const { flag } of flags) {
      const own = lines.filter((line) => new RegExp(`^ {2}.{4}--${flag}(?: |$)`).test(line));
      expect(own, flag).toHaveLength(1);
    }
  });

  it('fits the terminal', () => {
    for (const width of [80, 100]) {
      const longest = Math.max(
        ...helpText(width)
          .split('\n')
          .map((line) => line.length),
      );
      expect(longest).toBeLessThanOrEqual(Math.max(width, 83));
    }
  });
});

it('shows bytes as flags take them', () => {
  expect([8192, 100, 65536, 1024 ** 3, 0].map(showBytes)).toEqual(['8k', '100', '64k', '1g', '0']);
});

describe('upToTarget', () => {
  it('CGI-28 J2 leaves out what follows the target, for it can be words of a query', () => {
    expect(upToTarget(['app.ts', '-e', 'A=b', 'more'])).toEqual(['app.ts']);
    expect(upToTarget(['app.ts', '--', '-c', 'evil.ts'])).toEqual(['app.ts']);
  });

  it('keeps the flags before it, with their values', () => {
    const args = ['--timeout', '5', '--nph', '-e', 'A=b', 'app.ts'];
    expect(upToTarget([...args, '-c', 'evil.ts'])).toEqual(args);
  });

  it('keeps all where there is no target', () => {
    expect(upToTarget(['-c', 'wizgi.config.ts'])).toEqual(['-c', 'wizgi.config.ts']);
    expect(upToTarget([])).toEqual([]);
  });
});
