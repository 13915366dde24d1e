/**
 * The HTTP/1.1 codec against inputs kept as files: the bytes in NNN-name.http, and what they mean in
 * NNN-name.json, where `shows` names the rules that the input is about. Every input is given whole,
 * byte by byte, and cut in two at every offset, with the same result.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cuts, traceRequests, traceResponses } from './http1-trace.ts';

interface Vector {
  readonly shows: readonly string[];
  readonly about: string;
  /** The methods that the responses answer. */
  readonly requests?: readonly string[];
  /** Of a valid input: its messages, and how it ends. */
  readonly messages?: readonly unknown[];
  readonly then?: unknown;
  /** Of an invalid one: how it is refused. */
  readonly code?: string;
  readonly status?: number;
}

const directory = new URL('http1/', import.meta.url);

describe.each(['requests/valid', 'requests/invalid', 'responses/valid', 'responses/invalid'])(
  '%s',
  (kind) => {
    for (const [name, input, vector] of vectors(kind)) {
      test(`${name}: ${vector.about} (${vector.shows.join(', ')})`, () => {
        const { requests } = vector;
        const trace = (pieces: readonly Buffer[]) =>
          requests === undefined ? traceRequests(pieces) : traceResponses(pieces, requests);
        const whole = trace([input]);
        if (vector.code === undefined) {
          const { messages, then } = vector;
          expect(whole).toEqual({ messages, incomplete: null, then });
        } else {
          expect(whole.then).toEqual({ code: vector.code, status: vector.status });
        }
        const wanted = JSON.stringify(whole);
        for (const [cut, pieces] of cuts(input)) {
          if (JSON.stringify(trace(pieces)) !== wanted) expect(trace(pieces), cut).toEqual(whole);
        }
      });
    }
  },
);

function* vectors(kind: string): Generator<[name: string, input: Buffer, vector: Vector]> {
  const names = readdirSync(new URL(kind, directory)).filter((name) => name.endsWith('.http'));
  for (const file of names.sort()) {
    const name = file.slice(0, -'.http'.length);
    const json = readFileSync(new URL(`${kind}/${name}.json`, directory), 'utf8');
    yield [name, readFileSync(new URL(`${kind}/${file}`, directory)), JSON.parse(json)];
  }
}
