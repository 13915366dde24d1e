import type { FetchObject } from '../adapters/fetch/index.ts';
import type { FastifyLike, KoaLike, NestLike } from '../adapters/node/index.ts';
import type { OptionsOf, ServerOptions } from '../gateways/options.ts';
import type { pythonOptionTable } from '../python/options.ts';
import type { balanceOptionTable, upstreamOptionTable } from '../upstream/options.ts';
import type { ApplicationLike } from '../wsgi/types.ts';

/**
 * An application that stands in a configuration file: of WSGI, of what has `fetch()`, of Koa, Fastify or
 * NestJS. Express's, and handlers that are bare functions, need `fromNode()` or `fromFetch()` for their types.
 */
export type ConfiguredApplication =
  | ApplicationLike
  | FetchObject
  | FastifyLike
  | KoaLike
  | NestLike
  | PromiseLike<ApplicationLike | FetchObject | FastifyLike | KoaLike | NestLike>;

/** What `wizgi.config.ts` may say. Flags of the command override it. */
export interface WizgiConfig
  extends Omit<ServerOptions, 'bind'>,
    OptionsOf<typeof pythonOptionTable> {
  /** The application, or where the command finds it, as in `'./app.ts'` or `'mysite.wsgi'`. */
  readonly app?: ConfiguredApplication | string;
  /** Further applications by the path that they are mounted at, as in `{ '/api': './api.ts' }`. */
  readonly mount?: Readonly<Record<string, ConfiguredApplication | string>>;
  /**
   * What applications in JavaScript and TypeScript are written for. `'auto'` knows those of Express,
   * Connect, Koa, Fastify and Nest, and what has `fetch()`; it takes a bare function for a WSGI application.
   *
   * @default 'auto'
   */
  readonly interface?: 'auto' | 'wsgi' | 'fetch' | 'node';
  /** Options of upstream servers that `app` and `mount` name by their URLs. */
  readonly upstream?: OptionsOf<typeof upstreamOptionTable & typeof balanceOptionTable>;
  /** Where to listen: one address or several. */
  readonly bind?: string | readonly string[];
  /** Environment variables, set before an application named in `app` is loaded. */
  readonly env?: Readonly<Record<string, string>>;
  /** A file for the access log, `'-'` for stdout, false for none. */
  readonly accessLogfile?: string | false;
  /** Gunicorn's format atoms, or the word `json`. */
  readonly accessLogformat?: string;
  /** A file for the server's log; `'-'` is stderr. */
  readonly errorLogfile?: string;
  readonly logLevel?: 'debug' | 'info' | 'warning' | 'error';
  readonly logFormat?: 'text' | 'json';
}

/**
 * Gives a configuration as it is, with its types checked.
 *
 * @example
 * // wizgi.config.ts
 * export default defineConfig({ app: './app.ts', bind: '127.0.0.1:8000', maxBody: 10 * 1024 ** 2 });
 */
export function defineConfig(config: WizgiConfig): WizgiConfig {
  return config;
}
