import type { Carrier } from './carriers.ts';
import type { Exchange } from './exchange.ts';
import type { Name } from './flows.ts';

/** What comes otherwise than from the application's own server. */
export interface Difference {
  /** What comes instead, for the table in docs/frameworks.md. */
  readonly instead: string;
  /** Why, and whose doing it is. */
  readonly why: string;
  readonly of: readonly Name[];
  readonly under: readonly Carrier[];
  /** The steps that it can concern; one at least must show it. */
  readonly steps: RegExp;
  /** Gives what comes instead of what the application's own server sends. */
  change(exchange: Exchange): Exchange;
}
