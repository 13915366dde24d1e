import { describe, expect, it } from 'vitest';
import type { AnswerMatch } from './case.ts';
import { compareAnswer, compareHead, type SeenAnswer } from './match.ts';

function answer(parts: Partial<SeenAnswer> & { readonly text?: string } = {}): SeenAnswer {
  const { text = 'hello', ...rest } = parts;
  return {
    protocol: 'HTTP/1.1',
    status: 200,
    reason: 'OK',
    headers: [
      ['X-Kit', 'a'],
      ['Set-Cookie', '1'],
      ['set-cookie', '2'],
    ],
    content: Buffer.from(text, 'latin1'),
    complete: true,
    framing: 'length',
    interim: [],
    ...rest,
  };
}

const expected = (match: AnswerMatch, seen = answer()) =>
  compareAnswer(match, seen)?.expected ?? null;
const json = (value: unknown) => answer({ text: JSON.stringify(value) });

describe('an answer', () => {
  it.each<[AnswerMatch, string | null]>([
    [{}, null],
    [{ status: 200 }, null],
    [{ status: [200, 404] }, null],
    [{ status: '2xx 4xx' }, null],
    [{ status: 204 }, 'status 204'],
    [{ status: [404, 500] }, 'status 404 or 500'],
    [{ status: '4xx 5xx' }, 'status 4xx or 5xx'],
    [{ reason: 'OK' }, null],
    [{ reason: 'ok' }, 'the reason "ok"'],
    [{ framing: ['length', 'close'] }, null],
    [{ framing: ['chunked'] }, 'content that is delimited by chunks'],
    [{ interim: [] }, null],
    [{ interim: [100] }, 'interim answers 100'],
    [{ complete: false }, 'an answer that shows that it was cut'],
    [{ content: 'hello' }, null],
    [{ content: 'hell' }, 'the content "hell"'],
    [{ content: { matches: '^h.*o$', length: 5, lacks: 'x', beginningOf: 'hello, you' } }, null],
    [{ content: { matches: '^x' } }, 'content that matches ^x'],
    [{ content: { lacks: 'ell' } }, 'content without "ell"'],
    [{ content: { length: 4 } }, '4 bytes of content'],
    [{ content: { beginningOf: 'help' } }, 'the beginning of "help"'],
    [{ json: { '/a': 1 } }, "the JSON of the kit's application"],
    [{ either: [{ status: 404 }, { content: 'hello' }] }, null],
    [{ either: [{ status: 404 }, { content: 'x' }] }, 'status 404, or the content "x"'],
  ])('is compared with %j', (match, difference) => {
    expect(expected(match)).toBe(difference);
  });

  it('that was cut is no answer unless a case says so', () => {
    const cut = answer({ complete: false });
    expect(expected({}, cut)).toBe('an answer that is whole');
    expect(expected({ complete: false, content: 'hello' }, cut)).toBe(null);
  });

  it.each<[AnswerMatch['headers'], string | null]>([
    [{ 'x-kit': 'a' }, null],
    [{ 'X-Kit': 'b' }, 'X-Kit: "b"'],
    [{ 'X-Other': null }, null],
    [{ 'X-Kit': null }, 'no X-Kit'],
    [{ 'Set-Cookie': ['1', '2'] }, null],
    [{ 'Set-Cookie': ['2', '1'] }, 'Set-Cookie: "2", Set-Cookie: "1"'],
    [{ 'Set-Cookie': '1' }, 'Set-Cookie: "1"'],
    [{ 'Set-Cookie': { matches: '1' } }, 'Set-Cookie once'],
    [{ 'X-Kit': { matches: '^[ab]$', spelt: 'X-Kit' } }, null],
    [{ 'X-Kit': { matches: '^b$' } }, 'X-Kit that matches ^b$'],
    [{ 'x-kit': { spelt: 'x-kit' } }, 'the name x-kit'],
  ])('has headers that are compared with %j', (headers, difference) => {
    expect(expected(headers === undefined ? {} : { headers })).toBe(difference);
  });

  it('is compared by its head alone while its content is to come', () => {
    const begun = answer({ text: '', complete: false });
    expect(compareHead({ status: 200, either: [{ status: 200 }] }, begun)).toBe(null);
    expect(compareHead({ either: [{ status: 500 }] }, begun)?.expected).toBe('status 500');
  });

  it('is told in a line', () => {
    const seen = answer({ text: 'x'.repeat(200), complete: false, interim: [100] });
    expect(compareAnswer({ status: 404 }, seen)?.seen).toBe(
      `100, then 200 OK with "${'x'.repeat(120)}" and 80 bytes more, cut`,
    );
  });
});

describe('JSON', () => {
  const value = { a: { 'b/c~': [1, 'x'], t: 'text', n: 3, yes: true }, none: null };

  it.each<[NonNullable<AnswerMatch['json']>, string | null]>([
    [{ '/a/b~1c~0': [1, 'x'], '/none': null, '/a/yes': true }, null],
    [{ '/a/b~1c~0/1': 'y' }, 'a/b/c~/1 is "y"'],
    [{ '/a/missing': 1 }, 'a/missing is 1'],
    [{ '/a/missing': { absent: true } }, null],
    [{ '/a/t': { absent: true } }, 'a/t is absent'],
    [{ '/a/t': { matches: '^te', type: 'string' } }, null],
    [{ '/a/t': { matches: '^x' } }, 'a/t is a string that matches ^x'],
    [{ '/a/n': { type: 'string' } }, 'a/n is a string'],
    [{ '/a/n': { oneOf: [3, 4] } }, null],
    [{ '/a/n': { oneOf: ['3', { absent: true }] } }, 'a/n is "3" or absent'],
    [{ '/a/n': { atLeast: 3, atMost: 3 } }, null],
    [{ '/a/n': { atLeast: 4 } }, 'a/n is at least 4'],
    [{ '/a/n': { atMost: 2 } }, 'a/n is at most 2'],
    [{ '/a/b~1c~0': { includes: ['x'] } }, null],
    [{ '/a/b~1c~0': { includes: ['x', 'y'] } }, 'a/b/c~ has x, y'],
    [{ '/a': { named: '^t$', are: { type: 'string' } } }, null],
    [
      { '/a': { named: '^[tn]$', are: { type: 'string' } } },
      'a has a n that is a string (it is 3)',
    ],
  ])('is compared with %j', (match, difference) => {
    expect(expected({ json: match }, json(value))).toBe(difference);
  });
});
