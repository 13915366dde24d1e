/**
 * The SCGI and uwsgi codecs against inputs kept as files: the bytes in NNN-name.scgi or NNN-name.uwsgi,
 * and what they mean in NNN-name.json, where `shows` names the rules that the input is about. Every
 * input is given whole, byte by byte, and cut in two at every offset, with the same result. Those that
 * name a web server are what it was seen to send.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cuts } from './http1-trace.ts';
import { type MetaTrace, metaParsers, metaRequest } from './meta-trace.ts';

interface Vector {
  readonly shows: readonly string[];
  readonly about: string;
  /** Of a valid input. Content that is long is given by its length. */
  readonly request?: {
    readonly variables: MetaTrace['variables'];
    readonly contentLength: number;
    readonly body: string | { readonly length: number };
  };
  /** Of an invalid one: how it is refused, and whether in an answer. */
  readonly code?: string;
  readonly status?: number;
  readonly understood?: boolean;
}

describe.each(['scgi', 'uwsgi'] as const)('%s', (protocol) => {
  describe.each(['valid', 'invalid'])('%s', (kind) => {
    const directory = new URL(`${protocol}/${kind}/`, import.meta.url);
    const files = readdirSync(directory).filter((name) => name.endsWith(`.${protocol}`));
    for (const file of files.sort()) {
      const name = file.slice(0, -protocol.length - 1);
      const input = readFileSync(new URL(file, directory));
      const vector = JSON.parse(readFileSync(new URL(`${name}.json`, directory), 'utf8')) as Vector;
      test(`${name}: ${vector.about} (${vector.shows.join(', ')})`, () => {
        const read = (pieces: readonly Buffer[]) => metaRequest(pieces, metaParsers[protocol]());
        const whole = read([input]);
        expectMeaning(whole, vector);
        const wanted = JSON.stringify(whole);
        for (const [cut, pieces] of cuts(input)) {
          const trace = read(pieces);
          if (JSON.stringify(trace) !== wanted) expect(trace, cut).toEqual(whole);
        }
      });
    }
  });
});

function expectMeaning(trace: MetaTrace, { request, code, status, understood }: Vector): void {
  if (request === undefined) {
    expect(trace).toMatchObject({ outcome: { code, status }, understood });
    return;
  }
  const { variables, contentLength, body } = request;
  expect(trace).toMatchObject({ variables, contentLength, outcome: 'end', understood: true });
  if (typeof body === 'string') expect(trace.body).toBe(body);
  else expect(trace.body).toHaveLength(body.length);
}
