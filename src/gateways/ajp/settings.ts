import { type AjpLimits, DEFAULT_AJP_LIMITS } from '../../protocols/ajp/limits.ts';
import type { AjpDialect } from '../../protocols/ajp/request-parser.ts';
import type { ResolvedServerOptions } from '../options.ts';

/** How AJP is spoken, by the server's options. */
export interface AjpSettings {
  readonly limits: AjpLimits;
  readonly dialect: AjpDialect;
  /** What peers must know; empty: nothing. */
  readonly secret: string;
}

/** A command line shows to all users of a machine what it holds; the environment does not. */
const VARIABLE = 'WIZGI_AJP_SECRET';

export function ajpSettings(options: ResolvedServerOptions): AjpSettings {
  const { ajpLighttpd, ajpPacketSize, maxBody, maxFields } = options;
  return {
    limits: { ...DEFAULT_AJP_LIMITS, maxPacket: ajpPacketSize, maxFields, maxBody },
    dialect: { lighttpd: ajpLighttpd },
    secret: secretText(options),
  };
}

function secretText({ ajpSecret }: ResolvedServerOptions): string {
  return ajpSecret || (process.env[VARIABLE] ?? '');
}
