import type { KitCase } from './case.ts';
import type { Difference } from './match.ts';

/** What the kit's application says of itself and of its server. */
export interface KitDescription {
  readonly kit: string;
  readonly version: number;
  readonly language: string;
  readonly instance: string;
  readonly protocol: string | null;
  readonly software: string | null;
  readonly multithread: boolean;
  readonly multiprocess: boolean;
  readonly run_once: boolean;
  readonly file_wrapper: boolean;
  readonly input_terminated: boolean;
}

/** What became of a case. */
export type KitResult =
  | { readonly case: KitCase; readonly outcome: 'passed' }
  | { readonly case: KitCase; readonly outcome: 'failed'; readonly difference: Difference }
  /** It says nothing about this server. */
  | { readonly case: KitCase; readonly outcome: 'unjudged'; readonly reason: string };

export interface KitReport {
  readonly url: string;
  readonly server: KitDescription;
  /** One for each case that was chosen, in the order of the cases. */
  readonly results: readonly KitResult[];
  /** No case failed that is a `must`; with the option `strict`, nor one that is a `should`. */
  readonly conforms: boolean;
}
