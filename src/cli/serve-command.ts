import { isatty } from 'node:tty';
import { parseBind } from '../gateways/bind.ts';
import { ConfigurationError } from '../gateways/options.ts';
import { type Server, serve } from '../gateways/serve.ts';
import { demoApp } from '../wsgi/demo.ts';
import type { ApplicationLike } from '../wsgi/types.ts';
import { VERSION } from '../wsgi/version.ts';
import { banner, describeSource } from './banner.ts';
import type { Flags } from './flags.ts';
import { checkApplication, loadApplication } from './load-application.ts';
import { type Logs, openLogs } from './logs.ts';
import { prepareSettings, printSettings, type Settings, type Source } from './settings.ts';
import { stopOnSignals } from './signals.ts';
import { logStrayErrors } from './stray-errors.ts';
import { EXIT, UserError } from './user-error.ts';

/**
 * `wizgi serve`: runs until it is told to stop.
 *
 * @returns the exit code.
 * @throws {UserError | ConfigurationError} (as a rejection) for what the user can mend.
 */
export async function serveCommand(flags: Flags): Promise<number> {
  const settings = await prepareSettings(flags, isatty(1));
  if (flags.command.printConfig) {
    process.stdout.write(printSettings(settings));
    return EXIT.ok;
  }
  settings.server.bind.forEach(parseBind);
  const logs = await openLogs(settings);
  try {
    return await runServer(settings, logs, flags.command.checkConfig === true);
  } finally {
    logs.end();
  }
}

async function runServer(settings: Settings, logs: Logs, checkOnly: boolean): Promise<number> {
  logStrayErrors(logs.log);
  const app = await applicationOf(settings.source);
  if (checkOnly) {
    process.stdout.write(`wizgi: ${describeSource(settings.source)} and its options are fine\n`);
    return EXIT.ok;
  }
  const server = await start(app, settings, logs);
  const stopped = stopOnSignals(server, logs.log);
  greet(settings, server, logs);
  const code = await stopped;
  logs.log.info('stopped');
  return code;
}

async function applicationOf(source: Source): Promise<ApplicationLike> {
  if (source.kind === 'demo') return demoApp;
  if (source.kind === 'value') return checkApplication(source.value, source.from);
  return loadApplication(source.text, source.directory);
}

/** Listens. What fails here is no mistake in the flags: another start may well succeed. */
async function start(app: ApplicationLike, settings: Settings, logs: Logs): Promise<Server> {
  try {
    return await serve(app, {
      ...settings.server,
      log: logs.log,
      errors: logs.errors,
      ...(logs.access === null ? {} : { accessLog: logs.access }),
    });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new UserError(error.message, EXIT.application);
  }
}

function greet({ source, errorLogfile, logFormat }: Settings, server: Server, { log }: Logs): void {
  if (errorLogfile === '-' && logFormat === 'text' && isatty(2)) {
    process.stderr.write(banner(VERSION, source, server.addresses));
    return;
  }
  log.info(`wizgi ${VERSION} serves ${describeSource(source)}`);
  for (const address of server.addresses) log.info(`Listening at: ${address}`);
}
