import { kitAddress } from './address.ts';
import { kitCases } from './cases/index.ts';
import type { KitReport, KitResult } from './report.ts';
import { chooseCases } from './select.ts';

export interface KitOptions {
  /** Ids, beginnings of ids up to a dot, levels and tags: what has none of them is left out. */
  readonly only?: readonly string[];
  /** What has one of these is left out. */
  readonly skip?: readonly string[];
  /** How long a case may take, in seconds. @default 5 */
  readonly timeout?: number;
  /** Whether failed `should` cases count. @default false */
  readonly strict?: boolean;
  /** Told of each case that is over. */
  readonly onResult?: (result: KitResult, done: number, total: number) => void;
}

/**
 * Judges a server that serves the kit's application, {@link kitApplication} or its form in Python.
 *
 * @param url - `http://HOST:PORT/PREFIX`, or `http+unix:/PATH` for a socket file.
 * @throws {TypeError} (as a rejection) for a URL that is none, and for names that no case has.
 * @throws {KitNotServed} (as a rejection) when the server does not answer, or serves something else.
 *
 * @example
 * const { conforms, results } = await runKit('http://127.0.0.1:8000', { skip: ['http'] });
 */
export async function runKit(url: string, options: KitOptions = {}): Promise<KitReport> {
  const { only = [], skip = [], timeout = 5, strict = false, onResult } = options;
  const cases = chooseCases(kitCases, only, skip);
  const address = kitAddress(url);
  // The client is loaded for this only: tests of applications, which import this too, have no use for it.
  const { judgeServer } = await import('./judge.ts');
  const { server, results } = await judgeServer(address, cases, timeout, onResult);
  const conforms = results.every(
    ({ case: { level }, outcome }) =>
      outcome !== 'failed' || level === 'may' || (level === 'should' && !strict),
  );
  return { url, server, results, conforms };
}
