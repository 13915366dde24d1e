/** The command's own options; those of the server stand in its table. */
import { COMBINED } from '../logging/combined.ts';

/** One flag of the command. */
export interface CommandOption {
  readonly flag: string;
  readonly short?: string;
  /** What the value is called in the manual; without one the flag takes none. */
  readonly value?: string;
  /** The values there are. */
  readonly choices?: readonly string[];
  readonly repeatable?: boolean;
  readonly default?: string;
  readonly help: string;
}

export const commandOptions = {
  config: {
    flag: 'config',
    short: 'c',
    value: 'FILE',
    help: 'A configuration file. Without TARGET, wizgi.config.{ts,mts,js,mjs} is read by itself.',
  },
  mount: {
    flag: 'mount',
    value: 'PREFIX=TARGET',
    repeatable: true,
    help: 'Serves a further application below a path, as in /api=api.ts; repeatable.',
  },
  interface: {
    flag: 'interface',
    value: 'INTERFACE',
    choices: ['auto', 'wsgi', 'fetch', 'node'],
    default: 'auto',
    help: "What an application in JavaScript or TypeScript is written for: wsgi, fetch (a function of a Request that gives a Response) or node (a function of node:http's request and response). auto knows applications of Express, Connect, Koa, Fastify, Nest, and what has fetch(), as Hono's have; it takes a bare function for a WSGI application.",
  },
  env: {
    flag: 'env',
    short: 'e',
    value: 'NAME=VALUE',
    repeatable: true,
    help: 'Sets an environment variable before the application is loaded; repeatable.',
  },
  chdir: {
    flag: 'chdir',
    value: 'DIRECTORY',
    help: 'The directory to work in; all other paths are taken from there.',
  },
  accessLogfile: {
    flag: 'access-logfile',
    value: 'FILE',
    help: 'A line for each request; - is stdout. By default to the terminal, if stdout is one.',
  },
  accessLogformat: {
    flag: 'access-logformat',
    value: 'FORMAT',
    default: COMBINED,
    help: "The line, in Gunicorn's atoms, or the word json. Default: Apache's combined format.",
  },
  errorLogfile: {
    flag: 'error-logfile',
    value: 'FILE',
    default: '-',
    help: "The server's log; - is stderr. Also --log-file.",
  },
  logLevel: {
    flag: 'log-level',
    value: 'LEVEL',
    choices: ['debug', 'info', 'warning', 'error'],
    default: 'info',
    help: 'The least grave lines that the log shows: debug, info, warning or error.',
  },
  logFormat: {
    flag: 'log-format',
    value: 'FORMAT',
    choices: ['text', 'json'],
    default: 'text',
    help: 'How the log is written: text or json.',
  },
  checkConfig: {
    flag: 'check-config',
    help: 'Loads the application, checks the options and exits.',
  },
  printConfig: {
    flag: 'print-config',
    help: 'Prints every option as it would apply and exits.',
  },
  strict: { flag: 'strict', help: 'Lets warnings count as errors do: for the exit code.' },
  json: { flag: 'json', help: 'Reports as JSON.' },
  version: { flag: 'version', short: 'v', help: 'Prints the version and exits.' },
  help: { flag: 'help', short: 'h', help: 'Prints this page and exits.' },
} as const satisfies Record<string, CommandOption>;

/** Other spellings, which Gunicorn has too. */
export const aliases: Readonly<Record<string, string>> = { 'log-file': 'error-logfile' };
