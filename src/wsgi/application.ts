import { carryHosted } from './hosted.ts';
import type {
  Application,
  ApplicationClass,
  ApplicationLike,
  ApplicationObject,
  Middleware,
} from './types.ts';

// Shared by every copy of this package in the process: a TypeScript loader can give the application
// another instance of the module than the server's.
const registryKey = Symbol.for('wizgi.streaming');
const registry = globalThis as { [registryKey]?: WeakSet<object> };
registry[registryKey] ??= new WeakSet();
const streamingApplications = registry[registryKey];

/**
 * Marks an application to be entered as soon as the request's head is there, before its body.
 *
 * Such an application reads `environ['wizgi.input']`; a synchronous read of what has not arrived
 * throws. Mark what you hand to the server, or use {@link pipeline}, which carries the mark through
 * middleware.
 */
export function streaming(app: ApplicationLike): Application {
  const application = asApplication(app);
  const marked: Application = (environ, startResponse) => application(environ, startResponse);
  streamingApplications.add(marked);
  carryHosted([app], marked);
  return marked;
}

/** Tells whether {@link streaming} marked this application. */
export function isStreaming(app: Application): boolean {
  return streamingApplications.has(app);
}

/**
 * Gives the plain function form of an application: a function as it is, a class as its
 * construction, an object as its `call` method.
 *
 * @throws {TypeError} when the value is none of them.
 */
export function asApplication(app: ApplicationLike): Application {
  if (typeof app === 'function') {
    return isClass(app) ? (environ, startResponse) => new app(environ, startResponse) : app;
  }
  if (isApplicationObject(app)) {
    return (environ, startResponse) => app.call(environ, startResponse);
  }
  throw new TypeError(
    "not a WSGI application: expected a function (environ, startResponse), a class, or an object with a call method; what is written for another interface becomes one by fromFetch() of 'wizgi/fetch' or fromNode() of 'wizgi/node'",
  );
}

/**
 * Wraps an application in middleware, in the order in which a request meets them.
 *
 * The result is known to the command as what it wraps is: it waits for Python applications, reloads
 * and ends them. {@link mount} does the same.
 *
 * @example pipeline(logging(), gzip(), app) // is logging()(gzip()(app))
 */
export function pipeline(
  ...steps: [...middleware: Middleware[], app: ApplicationLike]
): Application {
  const middleware = steps.slice(0, -1) as Middleware[];
  const app = asApplication(steps[steps.length - 1] as ApplicationLike);
  const wrapped = middleware.reduceRight((inner, wrap) => {
    const outer = wrap(inner);
    carryHosted([inner], outer);
    return outer;
  }, app);
  return isStreaming(app) && wrapped !== app ? streaming(wrapped) : wrapped;
}

// The source text, because nothing else tells a class without calling it; a callable Proxy shows
// native code and so counts as a function.
function isClass(app: Application | ApplicationClass): app is ApplicationClass {
  return /^class\b/.test(Function.prototype.toString.call(app));
}

function isApplicationObject(app: unknown): app is ApplicationObject {
  return typeof app === 'object' && app !== null && 'call' in app && typeof app.call === 'function';
}
