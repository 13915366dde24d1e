/** What the codec encodes it parses again to the same message, whatever the cut. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  CHUNK_END,
  CHUNKED_FIELD,
  chunkStart,
  contentLengthField,
  HEAD_END,
  LAST_CHUNK,
  requestHead,
  responseHead,
} from '../../src/protocols/http1/index.ts';
import { traceRequests, traceResponses } from '../vectors/http1-trace.ts';
import { FACTOR } from './effort.ts';

const TOKEN = [..."!#$%&'*+-.^_`|~0123456789abcXYZ"];
const token = fc.string({ unit: fc.constantFrom(...TOKEN), minLength: 1, maxLength: 20 });
const text = fc.string({
  unit: fc
    .oneof(
      fc.integer({ min: 0x20, max: 0x7e }),
      fc.integer({ min: 0x80, max: 0xff }),
      fc.constant(0x09),
    )
    .map((code) => String.fromCharCode(code)),
  maxLength: 40,
});
const value = text.map((value) => value.replace(/^[ \t]+|[ \t]+$/g, ''));
const RESERVED =
  /^(host|content-length|transfer-encoding|connection|expect|content-type|authorization)$/i;
const fields = fc.array(
  fc.tuple(
    token.filter((name) => !RESERVED.test(name)),
    value,
  ),
  { maxLength: 8 },
);
const path = fc
  .string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    maxLength: 30,
  })
  .map((path) => `/${path.replaceAll('#', '')}`);
const host = fc.constantFrom('a', 'a.example:8000', '127.0.0.1', '[::1]:80', '');
/** Content in pieces: as one length, or as a chunk for each piece. */
const content = fc.record({
  chunked: fc.boolean(),
  pieces: fc.array(
    fc
      .uint8Array({ minLength: 1, maxLength: 50 })
      .map((bytes) => Buffer.from(bytes).toString('latin1')),
    { maxLength: 5 },
  ),
});
const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 10 });

test('a request', () => {
  const request = fc.record({ method: token, path, host, fields, content });
  fc.assert(
    fc.property(fc.array(request, { minLength: 1, maxLength: 3 }), cuts, (requests, sizes) => {
      const wanted = requests.filter(({ method }) => method !== 'CONNECT');
      const wire = wanted.map(({ method, path, host, fields, content }) => {
        return requestHead(method, path, host, fields) + framed(content);
      });
      const { messages, then } = traceRequests(pieces(wire.join(''), sizes));
      expect(then).toBe('eof');
      expect(messages).toHaveLength(wanted.length);
      for (const [index, { method, path, host, fields, content }] of wanted.entries()) {
        expect(messages[index]).toMatchObject({
          method,
          target: path,
          host,
          keepAlive: true,
          body: content.pieces.join(''),
        });
        const [first, ...others] = messages[index]?.fields ?? [];
        expect(first).toEqual(['Host', host]);
        expect(others.slice(0, -1)).toEqual(fields);
      }
    }),
    { numRuns: 300 * FACTOR },
  );
});

test('a response', () => {
  const response = fc.record({
    method: fc.constantFrom('GET', 'HEAD', 'POST'),
    status: fc.integer({ min: 200, max: 999 }).filter((status) => status !== 204 && status !== 304),
    reason: text,
    interim: fc.array(fields, { maxLength: 2 }),
    fields,
    content,
  });
  fc.assert(
    fc.property(fc.array(response, { minLength: 1, maxLength: 3 }), cuts, (responses, sizes) => {
      const wire = responses.map(({ method, status, reason, interim, fields, content }) => {
        const interims = interim.map(
          (fields) => responseHead('103 Early Hints', fields) + HEAD_END,
        );
        const head = responseHead(`${status} ${reason}`, fields);
        return interims.join('') + head + framed(content, method === 'HEAD');
      });
      const methods = responses.map(({ method }) => method);
      const { messages, then } = traceResponses(pieces(wire.join(''), sizes), methods);
      expect(then).toBe('eof');
      expect(messages).toHaveLength(responses.length);
      for (const [
        index,
        { method, status, reason, interim, fields, content },
      ] of responses.entries()) {
        expect(messages[index]).toMatchObject({
          status,
          reason,
          interim: interim.map((fields) => ({ status: 103, fields })),
          body: method === 'HEAD' ? '' : content.pieces.join(''),
        });
        expect(messages[index]?.fields.slice(0, -1)).toEqual(fields);
      }
    }),
    { numRuns: 300 * FACTOR },
  );
});

/** The framing fields, the end of the head and the content. */
function framed(content: { chunked: boolean; pieces: string[] }, bodyless = false): string {
  const { chunked, pieces } = content;
  const body = chunked
    ? pieces.map((piece) => chunkStart(piece.length) + piece + CHUNK_END).join('') + LAST_CHUNK
    : pieces.join('');
  const field = chunked ? CHUNKED_FIELD : contentLengthField(pieces.join('').length);
  return field + HEAD_END + (bodyless ? '' : body);
}

/** Cuts a text into pieces of the sizes, over and over. */
function pieces(text: string, sizes: readonly number[]): Buffer[] {
  const input = Buffer.from(text, 'latin1');
  const result: Buffer[] = [];
  for (let at = 0, turn = 0; at < input.length; turn++) {
    const size = sizes[turn % sizes.length] as number;
    result.push(input.subarray(at, at + size));
    at += size;
  }
  return result;
}
