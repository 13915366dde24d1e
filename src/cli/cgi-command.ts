import { answerFailure, answerRequest } from '../gateways/cgi/answer.ts';
import { cgiOptionTable } from '../gateways/cgi/options.ts';
import { guardProcess } from '../gateways/cgi/process.ts';
import { optionTable } from '../gateways/options.ts';
import { type ServerLog, serverLog } from '../logging/server-log.ts';
import { pythonOptionTable } from '../python/options.ts';
import { loadApplications } from './applications.ts';
import { commandOptions } from './command-options.ts';
import { type Flags, parseFlags, upToTarget } from './flags.ts';
import { information } from './information.ts';
import type { Logs } from './logs.ts';
import { refuseFlags } from './refuse-flags.ts';
import { prepareSettings, type Settings } from './settings.ts';
import { logStrayErrors } from './stray-errors.ts';

/** What a process for a single request has use for, beside the options of CGI. */
const PYTHON_FLAGS = ['python', 'pythonpath'];
const COMMAND_FLAGS = [
  ...['config', 'interface', 'mount', 'env', 'chdir', 'errorLogfile', 'logLevel', 'logFormat'],
];

/**
 * `wizgi cgi`: answers the request that a web server started this process for.
 *
 * @param args - what stands behind the command's name.
 * @returns the exit code.
 * @throws {UserError | ConfigurationError} (as a rejection) for what the user can mend; the client has
 *   its answer then.
 */
export async function cgiCommand(args: readonly string[]): Promise<number> {
  try {
    const flags = parseFlags(upToTarget(args));
    const told = information(flags);
    if (told !== null) return await told;
    guardProcess();
    return await answer(flags);
  } catch (error) {
    answerFailure();
    throw error;
  }
}

async function answer(flags: Flags): Promise<number> {
  const why = 'means nothing to wizgi cgi: a web server starts it for each request, and ends it';
  refuseFlags(optionTable, flags.server, Object.keys(cgiOptionTable), why);
  refuseFlags(pythonOptionTable, flags.python, PYTHON_FLAGS, why);
  refuseFlags(commandOptions, flags.command, COMMAND_FLAGS, why);
  const settings = forOneRequest(await prepareSettings(flags, false));
  const logs = await logsOf(settings);
  try {
    logStrayErrors(logs.log);
    const { app } = await loadApplications(settings, logs, { runOnce: true });
    const { log, errors } = logs;
    const nph = flags.cgi.nph ?? false;
    return await answerRequest(app, { server: settings.server, nph, log, errors });
  } finally {
    logs.end();
  }
}

/** The log is stderr, which web servers keep: what keeps a log file is loaded only for one. */
async function logsOf(settings: Settings): Promise<Logs> {
  const { errorLogfile, logLevel: level, logFormat: format } = settings;
  if (errorLogfile !== '-') return (await import('./logs.ts')).openLogs(settings);
  const opened: ServerLog = await serverLog(process.stderr, { level, format });
  return { ...opened, access: null, end: () => opened.errors.flushSync?.() };
}

/** What a configuration file, or the environment, may say for `wizgi serve`. */
function forOneRequest(settings: Settings): Settings {
  const { options, asked } = settings.python;
  const single = { ...options, workers: 1, threads: 1, preload: false, reload: false };
  return { ...settings, accessLogfile: null, python: { options: single, asked } };
}
