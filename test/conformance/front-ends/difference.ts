/** What a web server between client and gateway does otherwise than the suite has it. */
import type { Harness } from '../harness.ts';

export interface Difference {
  /** What the front end does instead, for the table in docs/protocols.md. */
  readonly instead: string;
  /** The files of docs/front-ends that it holds for. */
  readonly behind: readonly string[];
  /**
   * The cases that it concerns, by the beginnings of their titles. They fail behind these front ends; one
   * that passes there says that the front end has changed.
   */
  readonly cases: readonly string[];
  /** Why its cases cannot even be run: they would take seconds to fail, or pass at times. */
  readonly omitted?: 'slow' | 'unsteady';
  /** Shows what it does instead, and fails when it does otherwise. */
  shown(harness: Harness): Promise<void>;
}

/** Shows that something happens at times: it must, once in many attempts. */
export async function sometimes(attempt: () => Promise<boolean>, attempts = 200): Promise<void> {
  for (let count = 0; count < attempts; count++) if (await attempt()) return;
  throw new Error(`not once in ${attempts} attempts`);
}
