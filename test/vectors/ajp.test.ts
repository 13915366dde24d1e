/**
 * The AJP codec against inputs kept as files: the bytes in NNN-name.ajp, and what they mean in
 * NNN-name.json, where `shows` names the rules that the input is about. Every input is given whole, byte
 * by byte, and cut in two at every offset, with the same result. Those that name a web server are what
 * it was seen to send.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { AjpRequestParser } from '../../src/protocols/ajp/index.ts';
import { ajpAnswer, ajpRequests } from './ajp-trace.ts';
import { cuts } from './http1-trace.ts';

interface Vector {
  readonly shows: readonly string[];
  readonly about: string;
  readonly lighttpd?: boolean;
  /** What of the trace is expected; a body that is long is given by its length. */
  readonly trace: Readonly<Record<string, unknown>>;
  readonly lengths?: readonly number[];
}

const directory = new URL('ajp/', import.meta.url);

describe.each(['requests/valid', 'requests/invalid', 'answers/valid', 'answers/invalid'])(
  '%s',
  (kind) => {
    for (const [name, input, vector] of vectors(kind)) {
      test(`${name}: ${vector.about} (${vector.shows.join(', ')})`, () => {
        const { lighttpd = false } = vector;
        const trace = (pieces: readonly Buffer[]) =>
          kind.startsWith('requests')
            ? ajpRequests(pieces, new AjpRequestParser(undefined, { lighttpd }))
            : ajpAnswer(pieces);
        const whole = trace([input]);
        expect(whole).toMatchObject(vector.trace);
        if (vector.lengths !== undefined && 'messages' in whole) {
          expect(whole.messages.map(({ body }) => body.length)).toEqual(vector.lengths);
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
  const names = readdirSync(new URL(kind, directory)).filter((name) => name.endsWith('.ajp'));
  for (const file of names.sort()) {
    const name = file.slice(0, -'.ajp'.length);
    const json = readFileSync(new URL(`${kind}/${name}.json`, directory), 'utf8');
    yield [name, readFileSync(new URL(`${kind}/${file}`, directory)), JSON.parse(json)];
  }
}
