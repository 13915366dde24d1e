import { DEFAULT_META_LIMITS, type MetaRequestLimits } from '../cgi/limits.ts';

/** How much of everything a web server may send. */
export interface FastCgiLimits extends MetaRequestLimits {
  /** Most requests of a connection at the same time. */
  readonly maxRequests: number;
}

export const DEFAULT_FASTCGI_LIMITS: FastCgiLimits = { ...DEFAULT_META_LIMITS, maxRequests: 100 };
