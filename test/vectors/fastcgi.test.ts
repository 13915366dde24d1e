/**
 * The FastCGI codec against inputs kept as files: the bytes in NNN-name.hex, and what they mean in
 * NNN-name.json, where `shows` names the rules that the input is about. Every input is given whole,
 * byte by byte, and cut in two at every offset, with the same result.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  type FastCgiTrace,
  type ServerHabits,
  traceFastCgiAnswer,
  traceFastCgiRequests,
} from './fastcgi-trace.ts';
import { fromHex } from './hex.ts';
import { cuts } from './http1-trace.ts';

interface Vector extends FastCgiTrace, ServerHabits {
  readonly shows: readonly string[];
  readonly about: string;
  /** The method that an answer is given to; GET unless it says otherwise. */
  readonly method?: string;
}

const directory = new URL('fastcgi/', import.meta.url);

describe.each(['requests', 'answers'])('%s', (kind) => {
  const folder = new URL(`${kind}/`, directory);
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.hex')) continue;
    const name = file.slice(0, -'.hex'.length);
    const input = fromHex(readFileSync(new URL(file, folder), 'utf8'));
    const vector = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Vector;
    test(`${name}: ${vector.about} (${vector.shows.join(', ')})`, () => {
      const trace = (pieces: readonly Buffer[]) =>
        kind === 'requests'
          ? traceFastCgiRequests(pieces, vector)
          : traceFastCgiAnswer(pieces, vector.method);
      const whole = trace([input]);
      expect(whole).toEqual({ events: vector.events, outcome: vector.outcome });
      const wanted = JSON.stringify(whole);
      for (const [cut, pieces] of cuts(input)) {
        if (JSON.stringify(trace(pieces)) !== wanted) expect(trace(pieces), cut).toEqual(whole);
      }
    });
  }
});
