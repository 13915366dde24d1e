/** The forms in which every application of the suite is run. */
import { describeFinding, type Finding, validator } from '../../src/validator/index.ts';
import { asApplication, isStreaming, streaming } from '../../src/wsgi/application.ts';
import type { Application, ApplicationLike, Body, Chunk } from '../../src/wsgi/types.ts';
import type { Harness } from './harness.ts';

/** The suite's harnesses for one gateway: bare, wrapped, and in the asynchronous forms. */
export function variants(harness: Harness): Harness[] {
  return [
    harness,
    variant(harness, 'behind an identity middleware', identity, {}),
    variant(harness, 'as a promise', promised, { sync: false }),
    asynchronously(harness),
    validated(harness),
    variant(
      harness,
      'as a promise of an async iterable',
      (app) => promised(mapBody(app, asynchronous)),
      { sync: false, asIs: false },
    ),
  ];
}

/** Behind the validator, which lets applications err, and finds nothing in what the server does. */
export function validated(harness: Harness): Harness {
  const findings: Finding[] = [];
  const report = (finding: Finding) => {
    if (finding.rule.side === 'server' && finding.rule.severity === 'error') findings.push(finding);
  };
  // Which looks for what has to be ended with an application; some of these want nobody to look.
  const wrap = (app: Application) => validator({ report })((...args) => app(...args));
  const inner = variant(harness, 'behind the validator', wrap, { asIs: false });
  return {
    ...inner,
    serve: async (app, options) => {
      const served = await inner.serve(app, options);
      const close = served.close.bind(served);
      served.close = async () => {
        await close();
        const texts = findings.splice(0).map(describeFinding);
        if (texts.length > 0) throw new Error(texts.join('\n'));
      };
      return served;
    },
  };
}

/** Behind the validator as it is by default, which lets nobody err. */
export function strictly(harness: Harness): Harness {
  const wrap = (app: Application) => validator()((...args) => app(...args));
  return variant(harness, 'behind the strict validator', wrap, { asIs: false });
}

/** With every body as an async iterable. */
export function asynchronously(harness: Harness): Harness {
  return variant(harness, 'as an async iterable', (app) => mapBody(app, asynchronous), {
    sync: false,
    asIs: false,
  });
}

function variant(
  harness: Harness,
  name: string,
  wrap: (app: Application) => Application,
  lacks: { readonly sync?: false; readonly asIs?: false },
): Harness {
  return {
    name: `${harness.name}, ${name}`,
    capabilities: { ...harness.capabilities, ...lacks, patient: false },
    differences: harness.differences ?? {},
    serve: (app, options) => harness.serve(keepingMark(app, wrap), options),
  };
}

/** Wraps an application without losing the mark of {@link streaming}. */
function keepingMark(app: ApplicationLike, wrap: (app: Application) => Application): Application {
  const inner = asApplication(app);
  const wrapped = wrap(inner);
  return isStreaming(inner) ? streaming(wrapped) : wrapped;
}

/** Middleware that changes nothing, and keeps the whole contract. */
export function identity(app: Application): Application {
  return (environ, startResponse) =>
    app(environ, (status, headers, error) =>
      error === undefined ? startResponse(status, headers) : startResponse(status, headers, error),
    );
}

/** The same answer as a promise. */
export function promised(app: Application): Application {
  return async (environ, startResponse) => app(environ, startResponse);
}

function mapBody(app: Application, map: (body: Body) => Body): Application {
  return (environ, startResponse) => {
    const result: unknown = app(environ, startResponse);
    if (typeof result !== 'object' || result === null || result instanceof Uint8Array) {
      return result as Body;
    }
    return Symbol.iterator in result ? map(result as Body) : (result as Body);
  };
}

/** The same blocks as an async iterable, with the same `close()`. */
export function asynchronous(body: Body): Body {
  const source = body as Iterable<Chunk>;
  const asynchronousBody: Body = {
    [Symbol.asyncIterator](): AsyncIterator<Chunk> {
      const iterator = source[Symbol.iterator]();
      return {
        next: async () => iterator.next(),
        ...(iterator.return === undefined
          ? {}
          : { return: async () => iterator.return?.() as never }),
      };
    },
  };
  if ('close' in body) asynchronousBody.close = () => body.close?.();
  return asynchronousBody;
}
