/** Inputs that are nearly requests: vectors with a few bytes, words or lines changed. */

/** A small generator of repeatable chance (mulberry32); `next(n)` is below n. */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  next(below: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  }

  of<T>(items: readonly T[]): T {
    return items[this.next(items.length)] as T;
  }
}

// What parsers have been seen to read in different ways.
const WORDS = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\r\n\r\n',
    ' ',
    '\t',
    '\0',
    '\x0b',
    '\x7f',
    '\x80',
    '\xa0',
    '\xff',
    ':',
    ';',
    ',',
  ],
  ...[
    '0',
    '5',
    '00',
    'A',
    '+',
    '-',
    '0x',
    '_',
    '"',
    '\\',
    '=',
    '#',
    '?',
    '*',
    '/',
    '//',
    '%',
    '@',
    '[',
    ']',
  ],
  ...[
    'Host: b\r\n',
    'Content-Length: 5\r\n',
    'Content-Length: 0\r\n',
    'Transfer-Encoding: chunked\r\n',
  ],
  ...[
    'Transfer-Encoding: gzip\r\n',
    'Connection: close\r\n',
    'Connection: keep-alive\r\n',
    'chunked',
  ],
  ...[
    'Expect: 100-continue\r\n',
    'Upgrade: x\r\nConnection: Upgrade\r\n',
    ' HTTP/1.0',
    ' HTTP/1.1',
    'HTTP/2.0',
  ],
  ...[
    '5\r\nhello\r\n',
    '0\r\n\r\n',
    ';a=b',
    'X: y\r\n',
    ' X: y\r\n',
    'GET /next HTTP/1.1\r\nHost: a\r\n\r\n',
  ],
];

/** One to three changes of an input. */
export function mutate(chance: Chance, inputs: readonly string[]): string {
  let text = chance.of(inputs);
  for (let changes = 1 + chance.next(3); changes > 0; changes--) {
    text = chance.of(CHANGES)(chance, text, inputs);
  }
  return text.slice(0, 4096);
}

type Change = (chance: Chance, text: string, inputs: readonly string[]) => string;

const CHANGES: readonly Change[] = [
  function insertWord(chance, text) {
    return splice(text, chance.next(text.length + 1), 0, chance.of(WORDS));
  },
  function insertWordAtLine(chance, text) {
    return splice(text, lineStart(chance, text), 0, chance.of(WORDS));
  },
  function insertByte(chance, text) {
    return splice(text, chance.next(text.length + 1), 0, String.fromCharCode(chance.next(256)));
  },
  function replaceByte(chance, text) {
    return splice(text, chance.next(text.length + 1), 1, String.fromCharCode(chance.next(256)));
  },
  function replaceByWord(chance, text) {
    return splice(text, chance.next(text.length + 1), chance.next(4), chance.of(WORDS));
  },
  function remove(chance, text) {
    return splice(text, chance.next(text.length + 1), 1 + chance.next(4), '');
  },
  function cutOff(chance, text) {
    return text.slice(0, chance.next(text.length + 1));
  },
  function changeCase(chance, text) {
    const at = chance.next(text.length + 1);
    const part = text.slice(at, at + 8);
    return splice(text, at, 8, chance.next(2) === 0 ? part.toUpperCase() : part.toLowerCase());
  },
  function repeatLine(chance, text) {
    const at = lineStart(chance, text);
    const end = text.indexOf('\n', at) + 1 || text.length;
    return splice(text, at, 0, text.slice(at, end));
  },
  function join(chance, text, inputs) {
    return text + chance.of(inputs);
  },
  function cross(chance, text, inputs) {
    const other = chance.of(inputs);
    return text.slice(0, lineStart(chance, text)) + other.slice(lineStart(chance, other));
  },
];

function splice(text: string, at: number, remove: number, insert: string): string {
  return text.slice(0, at) + insert + text.slice(at + remove);
}

function lineStart(chance: Chance, text: string): number {
  return text.lastIndexOf('\n', chance.next(text.length + 1)) + 1;
}
