import type { Log } from '../../wsgi/log.ts';
import type { ApplicationLike } from '../../wsgi/types.ts';
import { ConfigurationError, resolveOptions, resolveTable } from '../options.ts';
import { stderrLog } from '../stderr-log.ts';
import { unfailing } from '../unfailing-log.ts';
import { answerFailure, answerRequest } from './answer.ts';
import { type CgiTableOptions, cgiOptionTable } from './options.ts';

/** Options of {@link cgi}. */
export interface CgiOptions extends CgiTableOptions {
  /** Entries to add to the environ. (PEP 3333, Application Configuration) */
  readonly environ?: Readonly<Record<string, string>>;
  /** Where `wsgi.errors` writes. Default: standard error. */
  readonly errors?: { write(text: string): unknown };
  /** Where the gateway logs. Default: warnings and errors to standard error. */
  readonly log?: Log;
}

const USAGE = 2;

/**
 * Answers the request that a web server started this process for, by CGI, and ends the process.
 * (RFC 3875)
 *
 * @example
 * #!/usr/bin/env node
 * import { cgi } from 'wizgi/cgi';
 * import { app } from '../app.js';
 *
 * cgi(app);
 */
export async function cgi(app: ApplicationLike, options: CgiOptions = {}): Promise<void> {
  const { environ, errors, log = stderrLog, ...rest } = options;
  try {
    const { nph, ...given } = resolveTable(cgiOptionTable, rest);
    const server = resolveOptions(given);
    const code = await answerRequest(app, { server, nph, log: unfailing(log), environ, errors });
    // Whatever timers the application has left behind.
    process.exit(code);
  } catch (error) {
    answerFailure();
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`wizgi: ${error.message}\n`);
    process.exit(USAGE);
  }
}
