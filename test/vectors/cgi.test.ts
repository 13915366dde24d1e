/**
 * The CGI response parser against inputs kept as files: the bytes in NNN-name.cgi, and what they mean
 * in NNN-name.json, where `shows` names the rules that the input is about. Every input is given whole,
 * byte by byte, and cut in two at every offset, with the same result.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cgiResponse } from './cgi-trace.ts';
import { cuts } from './http1-trace.ts';

interface Vector {
  readonly shows: readonly string[];
  readonly about: string;
  /** The method of the request; GET unless it says otherwise. */
  readonly method?: string;
  /** Of a valid input. */
  readonly response?: unknown;
  /** Of an invalid one: how it is refused. */
  readonly code?: string;
  readonly status?: number;
}

const directory = new URL('cgi/responses/', import.meta.url);

describe.each(['valid', 'invalid'])('%s', (kind) => {
  const files = readdirSync(new URL(kind, directory)).filter((name) => name.endsWith('.cgi'));
  for (const file of files.sort()) {
    const name = file.slice(0, -'.cgi'.length);
    const input = readFileSync(new URL(`${kind}/${file}`, directory));
    const json = readFileSync(new URL(`${kind}/${name}.json`, directory), 'utf8');
    const vector = JSON.parse(json) as Vector;
    test(`${name}: ${vector.about} (${vector.shows.join(', ')})`, () => {
      const whole = cgiResponse([input], vector.method);
      if (vector.code === undefined) expect(whole).toEqual(vector.response);
      else expect(whole.outcome).toEqual({ code: vector.code, status: vector.status });
      const wanted = JSON.stringify(whole);
      for (const [cut, pieces] of cuts(input)) {
        const trace = cgiResponse(pieces, vector.method);
        if (JSON.stringify(trace) !== wanted) expect(trace, cut).toEqual(whole);
      }
    });
  }
});
