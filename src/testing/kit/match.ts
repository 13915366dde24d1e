/** Tells whether an answer is what a case expects, and if not, what differs. */
import { textOf } from './answer-text.ts';
import type {
  AnswerMatch,
  ContentMatch,
  Framing,
  HeaderMatch,
  StatusMatch,
  ValueMatch,
  ValueTest,
} from './case.ts';

/** An answer as it came. */
export interface SeenAnswer {
  readonly protocol: 'HTTP/1.0' | 'HTTP/1.1';
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly content: Uint8Array;
  readonly complete: boolean;
  readonly framing: Framing;
  readonly interim: readonly number[];
}

/** What a case expected and what came instead, in words. */
export interface Difference {
  readonly expected: string;
  readonly seen: string;
}

type Compare = (match: AnswerMatch, seen: SeenAnswer) => Difference | null;

/** The first difference, or null. */
export const compareAnswer: Compare = (match, seen) =>
  compareFields(match, seen) ??
  compareContent(match, seen) ??
  compareEither(match, seen, compareAnswer);

/** The same, of the head alone. */
export const compareHead: Compare = (match, seen) =>
  compareFields(match, seen) ?? compareEither(match, seen, compareHead);

function compareFields(match: AnswerMatch, seen: SeenAnswer): Difference | null {
  if (match.status !== undefined && !isStatus(match.status, seen.status)) {
    return { expected: `status ${showStatus(match.status)}`, seen: describe(seen) };
  }
  if (match.reason !== undefined && match.reason !== seen.reason) {
    return { expected: `the reason ${quote(match.reason)}`, seen: quote(seen.reason) };
  }
  for (const [name, header] of Object.entries(match.headers ?? {})) {
    const difference = compareHeader(name, header, seen);
    if (difference !== null) return difference;
  }
  if (match.framing !== undefined && !match.framing.includes(seen.framing)) {
    return {
      expected: `content that is delimited by ${match.framing.map((one) => FRAMING[one]).join(' or ')}`,
      seen: `content that is delimited by ${FRAMING[seen.framing]}`,
    };
  }
  if (match.interim !== undefined && match.interim.join() !== seen.interim.join()) {
    return {
      expected: `interim answers ${showList(match.interim)}`,
      seen: `interim answers ${showList(seen.interim)}`,
    };
  }
  return null;
}

const FRAMING: Readonly<Record<Framing, string>> = {
  none: 'the head',
  length: 'Content-Length',
  chunked: 'chunks',
  close: 'the end of the connection',
};

export function isStatus(match: StatusMatch, status: number): boolean {
  if (typeof match === 'number') return match === status;
  if (typeof match === 'string') return match.split(' ').includes(`${String(status)[0]}xx`);
  return match.includes(status);
}

export function showStatus(match: StatusMatch): string {
  const all = typeof match === 'string' ? match.split(' ') : [match].flat();
  return all.join(' or ');
}

function compareHeader(name: string, match: HeaderMatch, seen: SeenAnswer): Difference | null {
  const lines = seen.headers.filter(([given]) => given.toLowerCase() === name.toLowerCase());
  const values = lines.map(([, value]) => value);
  const difference = (expected: string): Difference => ({
    expected,
    seen: values.length === 0 ? `no ${name}` : showHeader(name, values),
  });
  if (match === null) return values.length === 0 ? null : difference(`no ${name}`);
  if (typeof match === 'string' || Array.isArray(match)) {
    const expected = [match].flat();
    return values.join('\n') === expected.join('\n') && values.length === expected.length
      ? null
      : difference(showHeader(name, expected));
  }
  const { matches, spelt } = match as Exclude<HeaderMatch, string | null | readonly string[]>;
  if (lines.length !== 1) return difference(`${name} once`);
  if (spelt !== undefined && lines[0]?.[0] !== spelt) {
    return { expected: `the name ${spelt}`, seen: `the name ${lines[0]?.[0]}` };
  }
  return matches === undefined || new RegExp(matches).test(values[0] as string)
    ? null
    : difference(`${name} that matches ${matches}`);
}

function showHeader(name: string, values: readonly string[]): string {
  return values.map((value) => `${name}: ${quote(value)}`).join(', ');
}

function compareContent(match: AnswerMatch, seen: SeenAnswer): Difference | null {
  const { complete = true } = match;
  if (match.either === undefined && complete !== seen.complete) {
    return {
      expected: complete ? 'an answer that is whole' : 'an answer that shows that it was cut',
      seen: `${describe(seen)}, ${seen.complete ? 'which looks whole' : 'which was cut'}`,
    };
  }
  const text = textOf(seen.content);
  if (match.content !== undefined) {
    const expected = contentFault(match.content, text);
    if (expected !== null) return { expected, seen: describe(seen) };
  }
  return match.json === undefined ? null : compareJson(match.json, text, seen);
}

/** What was expected of the content, or null when it is so. */
function contentFault(match: ContentMatch, text: string): string | null {
  if (typeof match === 'string') return match === text ? null : `the content ${quote(match)}`;
  const { matches, lacks, length, beginningOf } = match;
  if (matches !== undefined && !new RegExp(matches).test(text)) {
    return `content that matches ${matches}`;
  }
  if (lacks !== undefined && text.includes(lacks)) return `content without ${quote(lacks)}`;
  if (length !== undefined && text.length !== length) return `${length} bytes of content`;
  if (beginningOf !== undefined && !beginningOf.startsWith(text)) {
    return `the beginning of ${quote(beginningOf)}`;
  }
  return null;
}

function compareJson(
  matches: Readonly<Record<string, ValueMatch>>,
  text: string,
  seen: SeenAnswer,
): Difference | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { expected: "the JSON of the kit's application", seen: describe(seen) };
  }
  for (const [pointer, match] of Object.entries(matches)) {
    const value = valueAt(json, pointer);
    const fault = valueFault(match, value);
    if (fault !== null) {
      const name = nameOf(pointer);
      return { expected: `${name} ${fault}`, seen: `${name} is ${showValue(value)}` };
    }
  }
  return null;
}

/** (RFC 6901) */
function valueAt(json: unknown, pointer: string): unknown {
  let value = json;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

function nameOf(pointer: string): string {
  return pointer.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
}

/** What was expected of a value, or null when it is so. */
function valueFault(match: ValueMatch, value: unknown): string | null {
  if (typeof match !== 'object' || match === null || Array.isArray(match)) {
    return JSON.stringify(match) === JSON.stringify(value) ? null : `is ${showValue(match)}`;
  }
  return testFault(match as ValueTest, value);
}

function testFault(test: ValueTest, value: unknown): string | null {
  const { matches, type, oneOf, absent, atLeast, atMost, includes, named, are } = test;
  if (absent && value !== undefined) return 'is absent';
  if (matches !== undefined && !(typeof value === 'string' && new RegExp(matches).test(value))) {
    return `is a string that matches ${matches}`;
  }
  if (type !== undefined && typeof value !== type) return `is a ${type}`;
  if (oneOf?.every((one) => valueFault(one, value) !== null)) {
    return `is ${oneOf.map(showMatch).join(' or ')}`;
  }
  if (atLeast !== undefined && !(typeof value === 'number' && value >= atLeast)) {
    return `is at least ${atLeast}`;
  }
  if (atMost !== undefined && !(typeof value === 'number' && value <= atMost)) {
    return `is at most ${atMost}`;
  }
  if (includes?.some((one) => !(Array.isArray(value) && value.includes(one)))) {
    return `has ${includes.join(', ')}`;
  }
  if (named === undefined || are === undefined) return null;
  for (const [key, one] of Object.entries(value ?? {})) {
    const fault = new RegExp(named).test(key) ? valueFault(are, one) : null;
    if (fault !== null) return `has a ${key} that ${fault} (it is ${showValue(one)})`;
  }
  return null;
}

/** Without a difference from one of them, all is well. */
function compareEither(
  { either }: AnswerMatch,
  seen: SeenAnswer,
  compare: Compare,
): Difference | null {
  if (either === undefined) return null;
  const differences = either.map((one) => compare(one, seen));
  if (differences.includes(null)) return null;
  return {
    expected: differences.map((one) => one?.expected).join(', or '),
    seen: describe(seen),
  };
}

/** An answer in a line. */
export function describe({ status, reason, content, complete, interim }: SeenAnswer): string {
  const before = interim.map((one) => `${one}, then `).join('');
  const text = textOf(content.subarray(0, LONGEST));
  const more = content.length > LONGEST ? ` and ${content.length - LONGEST} bytes more` : '';
  const cut = complete ? '' : ', cut';
  return `${before}${status} ${reason} with ${text === '' ? 'no content' : quote(text)}${more}${cut}`;
}

const LONGEST = 120;

function showValue(value: unknown): string {
  if (value === undefined) return 'absent';
  const text = JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** Among several that would do. */
function showMatch(match: ValueMatch): string {
  const isAbsence = typeof match === 'object' && match !== null && 'absent' in match;
  return isAbsence ? 'absent' : showValue(match);
}

function showList(values: readonly number[]): string {
  return values.length === 0 ? 'none' : values.join(', ');
}

export function quote(text: string): string {
  return JSON.stringify(text);
}
