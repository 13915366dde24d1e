import { isatty } from 'node:tty';
import { optionTable } from '../gateways/options.ts';
import { pythonOptionTable } from '../python/options.ts';
import { validator } from '../validator/index.ts';
import { showError } from '../validator/show.ts';
import { loadApplications } from './applications.ts';
import { describeMounts } from './banner.ts';
import { countFindings, jsonReport, textReport } from './check-report.ts';
import { type CheckRequest, requestsFor, usualRequests } from './check-requests.ts';
import { type CheckResult, Findings, runRequests } from './check-run.ts';
import { commandOptions } from './command-options.ts';
import { type Flags, parseFlags } from './flags.ts';
import { information } from './information.ts';
import { type Logs, openLogs } from './logs.ts';
import { refuseFlags } from './refuse-flags.ts';
import { prepareSettings, type Settings } from './settings.ts';
import { EXIT } from './user-error.ts';

/** What requests in this process have use for. */
const SERVER_FLAGS = ['scriptName', 'timeout', 'bodyInMemory', 'spoolDirectory'];
const PYTHON_FLAGS = ['python', 'pythonpath', 'threads'];
const COMMAND_FLAGS = [
  ...['config', 'interface', 'mount', 'env', 'chdir', 'errorLogfile', 'logLevel', 'logFormat'],
  ...['json', 'strict'],
];

/**
 * `wizgi check`: sends an application requests, in this process, and reports what it breaks of the
 * contract.
 *
 * @param args - what stands behind the command's name.
 * @returns the exit code: 1 when errors were found, or, with --strict, anything.
 * @throws {UserError | ConfigurationError} (as a rejection) for what the user can mend.
 */
export async function checkCommand(args: readonly string[]): Promise<number> {
  const flags = parseFlags(args);
  if (flags.command.help) return printHelp();
  const told = information(flags);
  if (told !== null) return told;
  refuseUnusable(flags);
  const [target, ...urls] = flags.positionals;
  const asked = urls.flatMap(requestsFor);
  const positionals = target === undefined ? [] : [target];
  const settings = quiet(await prepareSettings({ ...flags, positionals }, false), flags);
  const { scriptName } = settings.server;
  const requests = asked.length > 0 ? asked : usualRequests(scriptName);
  const logs = await openLogs(settings);
  const over = refuseToEnd();
  try {
    const result = await check(settings, logs, requests);
    return report(describeMounts(settings.mounts), result, flags);
  } finally {
    over();
    logs.end();
  }
}

/** An application that ends the process must not pass for one that is fine. */
function refuseToEnd(): () => void {
  const complain = () => {
    process.stderr.write('wizgi: the application ended the process, and so the check\n');
    process.exitCode = EXIT.application;
  };
  process.once('exit', complain);
  return () => void process.off('exit', complain);
}

async function printHelp(): Promise<number> {
  const { checkHelp } = await import('./check-help.ts');
  process.stdout.write(checkHelp(Math.min(process.stdout.columns ?? 80, 100)));
  return EXIT.ok;
}

/** That workers come and go is no news here, unless somebody asks. */
function quiet(settings: Settings, { command }: Flags): Settings {
  return command.logLevel === undefined ? { ...settings, logLevel: 'warning' } : settings;
}

function refuseUnusable(flags: Flags): void {
  const why = 'means nothing to wizgi check: it sends requests within its own process';
  refuseFlags(optionTable, flags.server, SERVER_FLAGS, why);
  refuseFlags(pythonOptionTable, flags.python, PYTHON_FLAGS, why);
  refuseFlags(commandOptions, flags.command, COMMAND_FLAGS, why);
}

async function check(
  settings: Settings,
  logs: Logs,
  requests: readonly CheckRequest[],
): Promise<CheckResult> {
  const findings = new Findings();
  const report = (finding: Parameters<Findings['add']>[0]) => findings.add(finding);
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, (error) =>
      findings.addFailure(`it threw ${showError(error)}, where nobody catches it`, error),
    );
  }
  const { app, hosted } = await loadApplications(settings, logs, {
    around: validator({ report }),
    report,
  });
  const { timeout, scriptName } = settings.server;
  const clear = isatty(2) ? () => process.stderr.write('\r\x1b[K') : () => undefined;
  const progress = (done: number, { label }: CheckRequest) => {
    clear();
    if (isatty(2)) process.stderr.write(`  ${done + 1} of ${requests.length}: ${label}`);
  };
  const checked = await runRequests(app, requests, findings, { timeout, scriptName, progress });
  clear();
  // What its workers say last is heard, too.
  await Promise.all(hosted.map((one) => one.close()));
  return { requests: checked, findings: findings.list() };
}

function report(what: string, result: CheckResult, { command }: Flags): number {
  process.stdout.write(command.json ? jsonReport(what, result) : textReport(what, result));
  const { errors, warnings } = countFindings(result);
  return errors > 0 || (command.strict && warnings > 0) ? EXIT.application : EXIT.ok;
}
