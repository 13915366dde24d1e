import { asApplication, isStreaming, streaming } from '../wsgi/application.ts';
import { carryHosted } from '../wsgi/hosted.ts';
import { isThenable } from '../wsgi/iteration.ts';
import type { Application, ApplicationLike, Body, Environ, StartResponse } from '../wsgi/types.ts';
import { checkedBody } from './body.ts';
import { Inspection, type Sink } from './inspection.ts';
import { Progress } from './progress.ts';
import type { Finding } from './rule.ts';
import { asyncInputInterfaceRules } from './rules/async.ts';
import { callRules, environRules } from './rules/environ.ts';
import { errorsInterfaceRules, inputInterfaceRules } from './rules/streams.ts';
import { show } from './show.ts';
import { reportingSink, strictSink } from './sinks.ts';
import { checkedStartResponse } from './start-response.ts';
import { checkStreams } from './streams.ts';

/** What {@link validator} can be told. */
export interface ValidatorOptions {
  /**
   * Takes what is found. The request goes on then as if nobody had looked, and what the application
   * throws is found as well. Each rule is reported once for each request.
   */
  readonly report?: (finding: Finding) => void;
}

/**
 * Middleware that holds both sides to the contract: the server in what it gives, the application in
 * what it does. The rules are those of SPEC.md.
 *
 * By default an error is thrown where it is made, so that whoever makes it finds it in the stack; a
 * warning is written to `wsgi.errors`, each text once. With `report`, nothing is thrown and all is told.
 *
 * What is synchronous stays so, each block stays a block, an array of blocks stays an array, and the
 * mark of `streaming()` is kept. `wsgi.file_wrapper` is read as any other iterable. Around and inside
 * of a middleware it also sees whether that one passes blocks on as they come.
 *
 * @throws {TypeError} for an unknown option.
 * @example
 * const response = await testClient(validator()(app)).get('/');
 * assert.equal(response.error, undefined);
 */
export function validator(options: ValidatorOptions = {}): (app: ApplicationLike) => Application {
  checkOptions(options);
  const { report } = options;
  return (app) => {
    const inner = asApplication(app);
    // Rest arguments, because servers err in their number, too.
    const checked = (...args: Parameters<Application>) =>
      callChecked(
        inner,
        args,
        report === undefined ? strictSink(args[0]?.['wsgi.errors']) : reportingSink(report),
      );
    carryHosted([app], checked);
    return isStreaming(inner) ? streaming(checked) : checked;
  };
}

function checkOptions(options: ValidatorOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('validator() takes options; to wrap an application: validator()(app)');
  }
  const unknown = Object.keys(options).find((name) => name !== 'report');
  if (unknown !== undefined) {
    throw new TypeError(`validator: unknown option '${unknown}'; there is 'report'`);
  }
  if (options.report !== undefined && typeof options.report !== 'function') {
    throw new TypeError(`validator: option 'report' is ${show(options.report)}, not a function`);
  }
}

function callChecked(
  app: Application,
  args: Parameters<Application>,
  sink: Sink,
): Body | Promise<Body> {
  const [given, startResponse] = args;
  const inspection = new Inspection(sink, requestOf(given));
  inspection.check(callRules, args);
  if (typeof given !== 'object' || given === null) return app(...args);
  checkEnviron(given, inspection);
  const environ = Object.isExtensible(given) ? given : { ...given };
  const progress = new Progress(inspection, environ);
  checkStreams(environ, progress);
  return enter(app, environ, checkedStartResponse(startResponse, progress), progress);
}

function checkEnviron(environ: Environ, inspection: Inspection): void {
  inspection.check(environRules, environ);
  inspection.check(inputInterfaceRules, environ['wsgi.input']);
  inspection.check(errorsInterfaceRules, environ['wsgi.errors']);
  inspection.check(asyncInputInterfaceRules, environ['wizgi.input']);
}

function enter(
  app: Application,
  environ: Environ,
  startResponse: StartResponse,
  progress: Progress,
): Body | Promise<Body> {
  let result: unknown;
  try {
    result = app(environ, startResponse);
  } catch (error) {
    progress.failed(error);
    throw error;
  }
  if (!isThenable(result)) return checkedBody(result, progress);
  return Promise.resolve(result).then(
    (body) => checkedBody(body, progress),
    (error: unknown) => {
      progress.failed(error);
      throw error;
    },
  );
}

function requestOf(environ: unknown): string {
  if (typeof environ !== 'object' || environ === null) return '';
  const { REQUEST_METHOD, SCRIPT_NAME, PATH_INFO } = environ as Partial<Environ>;
  return JSON.stringify(`${REQUEST_METHOD} ${SCRIPT_NAME ?? ''}${PATH_INFO ?? ''}`).slice(1, -1);
}
