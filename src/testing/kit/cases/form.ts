/** Short forms for what the cases of the kit have in common. */
import type { AnswerMatch, KitCase, Level, Message, Step, ValueMatch } from '../case.ts';

export const IN_PEP = {
  details: 'PEP 3333, Specification Details',
  environ: 'PEP 3333, environ Variables',
  streams: 'PEP 3333, Input and Error Streams',
  start: 'PEP 3333, The start_response() Callable',
  length: 'PEP 3333, Handling the Content-Length Header',
  streaming: 'PEP 3333, Buffering and Streaming',
  write: 'PEP 3333, The write() Callable',
  unicode: 'PEP 3333, Unicode Issues',
  errors: 'PEP 3333, Error Handling',
  expect: 'PEP 3333, HTTP 1.1 Expect/Continue',
  http: 'PEP 3333, Other HTTP Features',
  threads: 'PEP 3333, Thread Support',
  url: 'PEP 3333, URL Reconstruction',
  file: 'PEP 3333, Optional Platform-Specific File Handling',
} as const;

/** A case without its steps, of the three levels. */
type Naming = readonly [id: string, title: string, section: string];
type Further = Omit<KitCase, 'id' | 'title' | 'section' | 'level' | 'steps'>;

const kitCase =
  (level: Level) =>
  (...[id, title, section]: Naming) =>
  (steps: readonly Step[], further: Further = {}): KitCase => ({
    id,
    title,
    section,
    level,
    ...further,
    steps,
  });

export const must = kitCase('must');
export const should = kitCase('should');
export const may = kitCase('may');

/** What the server of HTTP decides, be it the one that is judged or one in front of it. */
export const HTTP: Further = { tags: ['http'] };
export const HTTP_1_1: Further = { tags: ['http'], needs: ['http/1.1'] };
/** What later requests are asked about. */
export const REMEMBERS: Further = { needs: ['one process'] };
/** One request waits for another. */
export const WAITS: Further = { needs: ['one process', 'threads'], alone: true };

/** A request, and the answer to it. */
export function ask(message: Message | string, answer: AnswerMatch): Step[] {
  const asked: Message = typeof message === 'string' ? { target: message } : message;
  return [{ send: asked }, { answer }];
}

/**
 * The target of a program of `/do`: an instruction in each string, its value behind the first space.
 *
 * Its events stand in the ledger under `{key}`.
 */
export function program(...instructions: readonly string[]): string {
  const pairs = instructions.map((instruction) => {
    const [name = '', ...value] = instruction.split(' ');
    return `${name}=${escaped(value.join(' '))}`;
  });
  return `/do?k={key}&${pairs.join('&')}`;
}

/** Octets of a query, but for those that need no escape. */
export function escaped(text: string): string {
  return text.replace(
    /[^\w.~:*-]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** Waits until so much has happened to the requests with `{key}`. */
export function eventually(counts: Readonly<Record<string, ValueMatch>>): Step {
  const json = Object.fromEntries(
    Object.entries(counts).map(([event, count]) => [`/counts/${event}`, count]),
  );
  return { eventually: { target: '/ledger?k={key}' }, answer: { json } };
}

/** Opens the gate that the program with `{key}` waits at. */
export const OPEN: Step = { eventually: { target: '/gate?k={key}' }, answer: { status: 200 } };

/** Asks that the connection ends with the answer. */
export const CLOSE: readonly [string, string] = ['Connection', 'close'];

export const OK: AnswerMatch = { status: 200 };
export const SERVER_ERROR: AnswerMatch = { status: '5xx' };

/** Refused, or sent without the header that a line break would add. */
export const NOT_INJECTED: AnswerMatch = {
  headers: { 'X-Injected': null },
  either: [{ headers: { 'X-Raised': 'start' } }, { status: '5xx' }, { content: 'text' }],
};
