import type { MetaRequestLimits } from '../../protocols/cgi/limits.ts';
import { DEFAULT_FASTCGI_LIMITS, type FastCgiLimits } from '../../protocols/fastcgi/limits.ts';
import { AUTHORIZER, FILTER, RESPONDER } from '../../protocols/fastcgi/records.ts';
import type { ResolvedServerOptions } from '../options.ts';

/** How FastCGI is spoken, by the server's options. */
export interface FastCgiSettings {
  readonly limits: FastCgiLimits;
  /** Those that are served. */
  readonly roles: readonly number[];
  /** What applications write to wsgi.errors goes to the web server. */
  readonly stderrRecords: boolean;
}

export function fastCgiSettings(
  { fastcgiFilter, fastcgiStderr }: ResolvedServerOptions,
  limits: MetaRequestLimits,
): FastCgiSettings {
  return {
    limits: { ...DEFAULT_FASTCGI_LIMITS, ...limits },
    roles: fastcgiFilter ? [RESPONDER, AUTHORIZER, FILTER] : [RESPONDER, AUTHORIZER],
    stderrRecords: fastcgiStderr,
  };
}
