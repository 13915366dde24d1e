import { cgiOptionTable } from '../gateways/cgi/options.ts';
import { type OptionRow, optionTable } from '../gateways/options.ts';
import { COMBINED } from '../logging/combined.ts';
import { pythonOptionTable } from '../python/options.ts';
import { balanceOptionTable, upstreamOptionTable } from '../upstream/options.ts';
import { type CommandOption, commandOptions } from './command-options.ts';
import { flagOf } from './flags.ts';
import { showBytes } from './values.ts';

const INTRODUCTION = `\
Serves WSGI applications (PEP 3333) written in TypeScript, JavaScript or Python.

  wizgi serve app.ts                       serve app.ts at http://127.0.0.1:8000
  wizgi serve app.ts:api -b 0.0.0.0:8080   its export 'api', to the whole network
  wizgi serve server.js                    an application of Express, Koa, Fastify,
                                           Nest, Hono: no server of their own
  wizgi serve mysite.wsgi -w 4             a Python module, in four processes
  wizgi serve app.ts --mount /old=old.py   two applications side by side
  wizgi serve app.ts --mount /api=http://127.0.0.1:3000
                                           what /api asks for comes from there
  wizgi serve                              what wizgi.config.ts says, else a demo

Usage: wizgi serve [TARGET] [options]
       wizgi cgi [options] TARGET    for a web server's CGI: answers one request
       wizgi check TARGET [URL...]   holds an application to the contract; --help
                                     says more
       wizgi conformance URL         judges a server of WSGI, any; --help says more

TARGET is one of

  app.ts, app.ts:NAME         a .ts, .mts, .js, .mjs or .cjs file; its application
                              is the export NAME, else application, app or default
  pkg.module, app.py,         a Python module or file; its application is the name
  app.wsgi, any with :NAME    after the colon, else application or app
  pkg.module:make("x", n=1)   what a Python function returns
  site.ini, site.ini#NAME     an application that PasteDeploy puts together
  http://127.0.0.1:3000       an upstream server that requests are passed to, also
                              https, fastcgi, scgi, uwsgi, ajp; each over a Unix
                              socket: fastcgi+unix:/run/php-fpm.sock; several, with
                              commas between them, share the requests`;

/** The chapters of the manual; what none names stands in the last. */
const CHAPTERS: readonly (readonly [title: string, flags: readonly string[]])[] = [
  ['Listening', ['bind', 'backlog', 'socket-mode', 'max-connections']],
  [
    'Application',
    [
      'interface',
      'mount',
      'config',
      'env',
      'chdir',
      'script-name',
      'iis-path-info',
      'serial',
      'server-header',
    ],
  ],
  [
    'Behind a web server',
    [
      ...['allow-from', 'fastcgi-stderr', 'fastcgi-filter', 'scgi-tolerant'],
      ...['ajp-secret', 'ajp-without-secret', 'ajp-packet-size', 'ajp-lighttpd'],
    ],
  ],
  ['CGI', ['nph']],
  ['Checking', ['strict', 'json']],
  ['Python applications', Object.values(pythonOptionTable).map(({ flag }) => flag)],
  [
    'Upstream servers',
    [upstreamOptionTable, balanceOptionTable].flatMap((table) =>
      Object.values<OptionRow>(table).map(({ flag }) => flag),
    ),
  ],
  [
    'Logging',
    [...['access-logfile', 'access-logformat', 'error-logfile', 'log-level', 'log-format']],
  ],
  ['Information', ['check-config', 'print-config', 'version', 'help']],
  [
    'Timeouts, in seconds (0.5 and the like are allowed)',
    [
      ...['timeout', 'graceful-timeout', 'keep-alive', 'header-timeout', 'body-timeout'],
      ...['body-min-rate', 'write-timeout', 'half-close-timeout'],
    ],
  ],
  ['Limits, in bytes (64k, 10m and 1g are allowed)', []],
];

/** One entry of the manual. */
interface Entry {
  readonly flag: string;
  readonly usage: string;
  readonly help: string;
}

/** The manual, for lines of `width` characters. */
export function helpText(width = 80): string {
  const named = new Set(CHAPTERS.flatMap(([, flags]) => flags));
  const rest = allEntries()
    .map(({ flag }) => flag)
    .filter((flag) => !named.has(flag));
  const chapters = CHAPTERS.map(([title, flags]) => {
    const order = flags.length === 0 ? rest : flags;
    return `${title}:\n\n${flagTexts(order, width)}`;
  });
  return `${[INTRODUCTION, ...chapters].join('\n\n')}\n`;
}

/** What the manual says of some flags, in their order. */
export function flagTexts(flags: readonly string[], width: number): string {
  const entries = allEntries();
  const chosen = flags.flatMap((flag) => entries.filter((entry) => entry.flag === flag));
  return chosen.map((entry) => layOut(entry, width)).join('\n');
}

function allEntries(): readonly Entry[] {
  return [
    ...[optionTable, pythonOptionTable, upstreamOptionTable, balanceOptionTable]
      .flatMap((table) => Object.values<OptionRow>(table))
      .map(tableEntry),
    tableEntry(cgiOptionTable.nph),
    ...Object.values<CommandOption>(commandOptions).map(commandEntry),
  ];
}

function tableEntry(row: OptionRow): Entry {
  const { flag, short, value } = flagOf(row);
  return { flag, usage: usage(flag, short, value), help: withDefault(row) };
}

function commandEntry(option: CommandOption): Entry {
  const { flag, short, value, help } = option;
  const shown = option.default === undefined || option.default === COMBINED ? '' : option.default;
  const known = shown === '' || shown === '-' ? '' : ` [default: ${shown}]`;
  return { flag, usage: usage(flag, short, value), help: help + known };
}

function usage(flag: string, short: string | undefined, value: string | undefined): string {
  const long = value === undefined ? `--${flag}` : `--${flag} ${value}`;
  return short === undefined ? `    ${long}` : `-${short}, ${long}`;
}

function withDefault({ kind, default: value, help }: OptionRow): string {
  if (value === '' || kind === 'boolean' || help.includes('Default:')) return help;
  if (Array.isArray(value) && value.length === 0) return help;
  const shown = Array.isArray(value)
    ? value.join(', ')
    : kind === 'bytes'
      ? showBytes(value as number)
      : String(value);
  return `${help} [default: ${shown}]`;
}

const INDENT = 10;

/** The flag on a line of its own, its text below: long flags leave no column for it. */
function layOut({ usage: flag, help }: Entry, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of help.split(' ')) {
    if (line !== '' && INDENT + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return `  ${flag}\n${lines.map((text) => ' '.repeat(INDENT) + text).join('\n')}`;
}
