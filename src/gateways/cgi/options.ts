import { type OptionsOf, option, optionTable } from '../options.ts';

/** The options of the server that mean something where the web server starts a process for each request. */
export const cgiOptionTable = {
  scriptName: optionTable.scriptName,
  iisPathInfo: optionTable.iisPathInfo,
  maxBody: optionTable.maxBody,
  bodyInMemory: optionTable.bodyInMemory,
  spoolDirectory: optionTable.spoolDirectory,
  bodyTimeout: optionTable.bodyTimeout,
  bodyMinRate: optionTable.bodyMinRate,
  timeout: optionTable.timeout,
  writeTimeout: optionTable.writeTimeout,
  gracefulTimeout: optionTable.gracefulTimeout,
  nph: option('boolean', false, {
    flag: 'nph',
    help: 'Answer with a whole HTTP message, for web servers that pass on what a script writes as it is. Scripts whose name begins with nph- do so anyway.',
  }),
} as const;

/** Options of `cgi()` that have a row in the table. */
export type CgiTableOptions = OptionsOf<typeof cgiOptionTable>;
