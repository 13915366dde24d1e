import { dirname, resolve } from 'node:path';
import { stderrLog } from '../gateways/stderr-log.ts';
import { unfailing } from '../gateways/unfailing-log.ts';
import { asApplication } from '../wsgi/application.ts';
import { TextErrorStream } from '../wsgi/error-stream.ts';
import { carryHosted } from '../wsgi/hosted.ts';
import type { Application, ApplicationLike, Body } from '../wsgi/types.ts';
import { Call } from './call.ts';
import { requestContent } from './content.ts';
import { Crew } from './crew.ts';
import { encodeEnviron } from './environ.ts';
import { readFinding } from './finding.ts';
import { diagnose, findInterpreter } from './interpreter.ts';
import { type PythonOptions, type ResolvedPythonOptions, resolvePythonOptions } from './options.ts';
import { warnOfOthers } from './ownership.ts';
import { Pool } from './pool.ts';
import { PreloadSpawner } from './preload.ts';
import { directSpawner } from './process.ts';
import { PythonError } from './python-error.ts';
import { SourceWatch } from './source-watch.ts';
import { Watchdog } from './watchdog.ts';

/** A Python application: an application like any other, with processes behind it. */
export interface PythonApplication extends Application {
  /**
   * Resolves when the first worker serves; requests before that wait.
   *
   * @throws {ConfigurationError} (as a rejection) when the application cannot be loaded, with what its
   *   user can do about it. Loading is tried again, ever more rarely; meanwhile the answer is 503.
   */
  readonly ready: Promise<void>;
  /**
   * Loads the application anew: replaces each worker, the new one first.
   *
   * @throws {ConfigurationError} (as a rejection) when it cannot be loaded; the old workers serve on.
   */
  reload(): Promise<void>;
  /** Has the workers finish what they have begun, and ends them. */
  close(): Promise<void>;
}

/**
 * Runs a Python WSGI application, unmodified, in CPython worker processes.
 *
 * The result is an ordinary application: middleware wraps it, `mount` puts it beside others, every
 * gateway serves it. Requests cross with the text, true and false of their environ.
 *
 * @param target - `pkg.module`, `pkg.module:name`, `pkg.module:factory("x")`, `app.py`, `app.wsgi`,
 *   `site.ini#section`.
 * @example
 * const site = python('mysite.wsgi', { workers: 4, directory: './django' });
 * await serve(mount({ '/api': api, '/': site }));
 * @throws {ConfigurationError} for an unusable option, and when there is no interpreter.
 */
export function python(target: string, options: PythonOptions = {}): PythonApplication {
  return host(target, options, null);
}

/**
 * Puts Python middleware around applications of this process: the worker runs the middleware, whose
 * inner application calls back.
 *
 * Each application that it is put around has workers of its own.
 *
 * @param target - what takes an application and gives one, as in `wsgiref.validate:validator` or
 *   `pkg.module:Middleware`.
 * @example
 * const checked = pythonMiddleware('wsgiref.validate:validator')(app);
 * @throws {ConfigurationError} for an unusable option, and when there is no interpreter.
 */
export function pythonMiddleware(
  target: string,
  options: PythonOptions = {},
): (app: ApplicationLike) => PythonApplication {
  return (app) => {
    const application = host(target, options, asApplication(app));
    carryHosted([app], application);
    return application;
  };
}

function host(
  target: string,
  options: PythonOptions,
  around: Application | null,
): PythonApplication {
  const { directory = '.', env = {}, runOnce = false, errors, report, ...others } = options;
  const { log: given = stderrLog, ...rest } = others;
  const resolved = resolvePythonOptions(rest);
  const { threads } = resolved;
  const log = unfailing(given);
  const cwd = resolve(directory);
  const environment = { ...process.env, ...env };
  const interpreter = findInterpreter({ python: resolved.python, directory: cwd, environment });
  warnOfOthers([cwd, dirname(interpreter), ...resolved.pythonpath], log);
  const multiprocess = runsTwice(resolved);
  const pool = new Pool(resolved.spoolDirectory);
  const sink = errors ?? process.stderr;
  const config = {
    target,
    directory: cwd,
    pythonpath: resolved.pythonpath,
    threads,
    multiprocess: multiprocess || runOnce,
    runOnce,
    around: around !== null,
    preload: resolved.preload,
    reload: resolved.reload,
    validate: report !== undefined,
  };
  const watch = resolved.reload ? new SourceWatch((file) => onChange(file)) : null;
  const modules = (files: readonly string[], since: number) => watch?.add(files, since);
  const processes = { interpreter, directory: cwd, environment, threads };
  const crew = new Crew(
    {
      ...resolved,
      target,
      gracefulTimeout: resolved.gracefulTimeout * 1000,
      exclusive: !multiprocess,
      config,
      inner:
        around === null
          ? null
          : {
              app: around,
              errors: new TextErrorStream(sink),
              log,
              spool: { ...resolved, bodyInMemory: IN_MEMORY },
            },
      log,
      errors: sink,
      spawner: resolved.preload
        ? new PreloadSpawner({ ...processes, config, log, errors: sink, modules })
        : directSpawner(processes),
      diagnose: () => diagnose(interpreter),
      modules,
      finding: (text) => report?.(readFinding(text)),
    },
    pool,
  );
  const onChange = (file: string) => {
    log.info('a file has changed: reloading', { file });
    crew.reload().catch(({ message }: Error) => {
      log.error('not reloaded; the workers serve on', { error: new PythonError(message, message) });
    });
  };
  const watchdog = new Watchdog(crew, {
    timeout: resolved.timeout * 1000,
    maxRss: resolved.maxRss,
    gracefulTimeout: resolved.gracefulTimeout * 1000,
    exclusive: !multiprocess,
  });
  const application: Application = (environ, startResponse) => {
    const call = new Call(
      {
        environ: encodeEnviron(environ),
        source: environ,
        content: requestContent(environ),
        startResponse,
      },
      pool,
    );
    pool.submit(call);
    return call as Body;
  };
  return Object.defineProperties(application, {
    ready: { get: () => crew.ready },
    reload: { value: () => crew.reload() },
    close: {
      value: () => {
        watch?.close();
        watchdog.stop();
        return crew.close();
      },
    },
  }) as PythonApplication;
}

/** Bytes of a request to an inner application that are kept in memory. */
const IN_MEMORY = 64 * 1024;

/** Whether two workers may run the application at once: as many, or while one replaces another. */
function runsTwice({ workers, maxRequests, maxRss, reload }: ResolvedPythonOptions): boolean {
  return workers > 1 || maxRequests > 0 || maxRss > 0 || reload;
}
