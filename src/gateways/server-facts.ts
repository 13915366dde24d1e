import { TextErrorStream } from '../wsgi/error-stream.ts';
import type { Environ } from '../wsgi/types.ts';
import type { ServerFacts } from './gateway.ts';
import { ConfigurationError } from './options.ts';

/** What of a server's options shows in environ. */
export interface FactsOptions {
  readonly scriptName: string;
  readonly iisPathInfo: boolean;
  readonly serial: boolean;
  readonly environ?: Readonly<Record<string, string>> | undefined;
  /** Where `wsgi.errors` writes. Default: standard error. */
  readonly errors?: { write(text: string): unknown } | undefined;
}

/**
 * What all requests of a server have in common.
 *
 * @throws {ConfigurationError} for what cannot stand in an environ.
 */
export function serverFacts(options: FactsOptions): ServerFacts {
  const { scriptName, iisPathInfo, serial, environ = {}, errors } = options;
  return {
    scriptName: normalizeScriptName(scriptName),
    mounted: scriptName !== '',
    iisPathInfo,
    multithread: !serial,
    errors: new TextErrorStream(errors),
    extra: extraEntries(environ),
  };
}

function normalizeScriptName(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  if (trimmed !== '' && !/^\/[\x20-\x7e\x80-\xff]*$/.test(trimmed)) {
    throw new ConfigurationError(
      `option 'scriptName' (--script-name) is '${path}'; expected a path such as '/app'`,
    );
  }
  return trimmed;
}

function extraEntries(environ: Readonly<Record<string, string>>): (readonly [string, string])[] {
  const entries = Object.entries(environ);
  for (const [key, value] of entries) {
    if (typeof value !== 'string' || key === '__proto__' || /[^\x00-\xff]/.test(value)) {
      throw new ConfigurationError(
        `option 'environ': '${key}' must have a text of characters up to U+00FF as its value`,
      );
    }
  }
  return entries satisfies [keyof Environ, string][];
}
