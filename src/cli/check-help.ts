import { flagTexts } from './help.ts';

const INTRODUCTION = `\
Holds an application to the contract of WSGI (PEP 3333), by requests that run within
this process, and reports what it breaks. The rules stand in SPEC.md.

  wizgi check app.ts                        the usual requests
  wizgi check app.ts / /login POST:/login   these
  wizgi check mysite.wsgi --strict          a Python module; warnings count, too

Usage: wizgi check [options] TARGET [URL...]

TARGET is what wizgi serve takes; without one, wizgi.config.ts says. A URL is a path
or an absolute URL, asked for with GET, with HEAD, and by a client that leaves early;
or one behind its method, as in POST:/login, which has a form as its content.

The exit code is 0 without errors, 1 with some, or when the application cannot be
loaded, and 2 when the command line is wrong.`;

const FLAGS = [
  ...['strict', 'json', 'timeout', 'script-name', 'interface', 'mount', 'config', 'env', 'chdir'],
  ...['python', 'pythonpath', 'threads', 'error-logfile', 'log-level', 'log-format', 'help'],
];

/** The manual of `wizgi check`, for lines of `width` characters. */
export function checkHelp(width: number): string {
  return `${INTRODUCTION}\n\nOptions, beside those of upstream servers:\n\n${flagTexts(FLAGS, width)}\n`;
}
