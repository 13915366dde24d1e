import { isatty } from 'node:tty';
import { parseBind } from '../gateways/bind.ts';
import { ConfigurationError } from '../gateways/options.ts';
import { type Server, serve } from '../gateways/serve.ts';
import { VERSION } from '../wsgi/version.ts';
import { type Applications, loadApplications } from './applications.ts';
import { banner, describeMounts } from './banner.ts';
import { parseFlags } from './flags.ts';
import { information } from './information.ts';
import { type Logs, openLogs } from './logs.ts';
import { prepareSettings, printSettings, type Settings } from './settings.ts';
import { untilStopped } from './signals.ts';
import { logStrayErrors } from './stray-errors.ts';
import { EXIT, UserError } from './user-error.ts';

/**
 * `wizgi serve`: runs until it is told to stop.
 *
 * @param args - what stands behind the command's name.
 * @returns the exit code.
 * @throws {UserError | ConfigurationError} (as a rejection) for what the user can mend.
 */
export async function serveCommand(args: readonly string[]): Promise<number> {
  const flags = parseFlags(args);
  const told = information(flags);
  if (told !== null) return told;
  if (flags.cgi.nph !== undefined) throw new UserError('--nph is a flag of wizgi cgi');
  const ofCheck = (['strict', 'json'] as const).find((name) => flags.command[name] !== undefined);
  if (ofCheck !== undefined) throw new UserError(`--${ofCheck} is a flag of wizgi check`);
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
  const applications = await loadApplications(settings, logs);
  if (checkOnly) {
    await closeAll(applications);
    process.stdout.write(`wizgi: ${describeMounts(settings.mounts)} and its options are fine\n`);
    return EXIT.ok;
  }
  const server = await start(applications, settings, logs);
  const stopped = untilStopped(server, applications.hosted, logs.log);
  greet(settings, server, logs);
  const code = await stopped;
  logs.log.info('stopped');
  return code;
}

/** Listens. What fails here is no mistake in the flags: another start may well succeed. */
async function start(applications: Applications, settings: Settings, logs: Logs): Promise<Server> {
  try {
    return await serve(applications.app, {
      ...settings.server,
      log: logs.log,
      errors: logs.errors,
      ...(logs.access === null ? {} : { accessLog: logs.access }),
    });
  } catch (error) {
    await closeAll(applications);
    if (!(error instanceof ConfigurationError)) throw error;
    throw new UserError(error.message, EXIT.application);
  }
}

async function closeAll({ hosted }: Applications): Promise<void> {
  await Promise.all(hosted.map((app) => app.close()));
}

function greet({ mounts, errorLogfile, logFormat }: Settings, server: Server, { log }: Logs): void {
  if (errorLogfile === '-' && logFormat === 'text' && isatty(2)) {
    process.stderr.write(banner(VERSION, mounts, server.addresses));
    return;
  }
  log.info(`wizgi ${VERSION} serves ${describeMounts(mounts)}`);
  for (const address of server.addresses) log.info(`Listening at: ${address}`);
}
