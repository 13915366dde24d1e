import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { need } from '../../test/interop/components.ts';
import { type Described, unmarshal } from '../../test/python/contract/unmarshal.ts';
import { DICT, DICT_END, int, key, str, unicode } from './marshal.ts';
import { ChannelError, FROM, FrameReader, FrameWriter, OPENING, TO } from './messages.ts';

/** What a worker may say. */
interface Said {
  readonly type: number;
  readonly id: number;
  readonly text: Buffer;
  readonly content: Buffer;
}

const types = Object.values(FROM);
const texts = types.filter((type) => type < FROM.END);
const numbers = types.filter((type) => type >= FROM.END);

const id = fc.integer({ min: 1, max: 2 ** 32 - 1 });
const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((data) => Buffer.from(data));

const withText = fc
  .record<Said>({
    type: fc.constantFrom(...texts),
    id,
    text: bytes(40),
    content: fc.oneof(bytes(60), fc.integer({ min: 0, max: 5000 }).map(pattern)),
  })
  .map((frame) => (frame.type === FROM.BLOCK ? { ...frame, text: Buffer.alloc(0) } : frame));
const withNumbers = fc.record<Said>({
  type: fc.constantFrom(...numbers),
  id,
  text: fc.integer({ min: 0, max: 2 ** 32 - 1 }).map(uint32),
  content: fc.integer({ min: 0, max: 2 ** 32 - 1 }).map(uint32),
});
const said = fc.array(fc.oneof(withText, withNumbers), { maxLength: 12 });

function uint32(value: number): Buffer {
  const data = Buffer.alloc(4);
  data.writeUInt32LE(value);
  return data;
}

function pattern(size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, index) => (index * 7) & 0xff));
}

function encode({ type, id: about, text, content }: Said): Buffer {
  const head = [Buffer.of(type), uint32(about)];
  if (type >= FROM.END) return Buffer.concat([...head, text, content]);
  return Buffer.concat([...head, uint32(text.length), uint32(content.length), text, content]);
}

/** What a reader found, so that it does not show how content was cut. */
class Found {
  readonly events: string[] = [];

  frame(type: number, about: number, data: Buffer, text: number, content: number, end: number) {
    const head = data.toString('latin1', text, content);
    const block = data.toString('latin1', content, end);
    if (type === FROM.ANSWER) this.answer(about, head, block, true);
    else if (type === FROM.BEGIN || type === OPENING) this.answer(about, head, block, false);
    else if (type === FROM.BLOCK) this.more(about, block);
    else this.events.push(`${type} ${about} ${head} ${block}`);
  }

  numbers(type: number, about: number, first: number, second: number) {
    if (type === FROM.END) this.events.push(`end ${about}`);
    else this.events.push(`${type} ${about} ${first} ${second}`);
  }

  private answer(about: number, head: string, block: string, whole: boolean) {
    this.events.push(`begin ${about} ${head}`);
    this.more(about, block);
    if (whole) this.events.push(`end ${about}`);
  }

  /** Content of one answer in a row is one event. */
  private more(about: number, block: string) {
    if (block === '') return;
    const open = `content ${about} `;
    if (!this.events.at(-1)?.startsWith(open)) this.events.push(open);
    this.events[this.events.length - 1] += block;
  }
}

function found(chunks: readonly Buffer[]): string[] {
  const events = new Found();
  const reader = new FrameReader(events);
  for (const chunk of chunks) reader.push(chunk);
  return events.events;
}

/** Cuts data where it is told, in parts of a thousand. */
function cut(data: Buffer, places: readonly number[]): Buffer[] {
  const at = [...places]
    .map((place) => Math.floor((place * data.length) / 1000))
    .sort((a, b) => a - b);
  return [0, ...at].map((start, index) => data.subarray(start, at[index] ?? data.length));
}

const places = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 20 });

describe('FrameReader', () => {
  it('finds what was said, whole', () => {
    fc.assert(
      fc.property(said, (list) => {
        const events = new Found();
        for (const { type, id: about, text, content } of list) {
          if (type >= FROM.END) {
            events.numbers(type, about, text.readUInt32LE(), content.readUInt32LE());
          } else {
            const data = Buffer.concat([text, content]);
            events.frame(type, about, data, 0, text.length, data.length);
          }
        }
        expect(found([Buffer.concat(list.map(encode))])).toEqual(events.events);
      }),
    );
  });

  it('finds the same wherever it is cut, and byte by byte', () => {
    fc.assert(
      fc.property(said, places, (list, at) => {
        const data = Buffer.concat(list.map(encode));
        const whole = found([data]);
        expect(found(cut(data, at))).toEqual(whole);
        expect(found([...data].map((byte) => Buffer.of(byte)))).toEqual(whole);
      }),
    );
  });

  it('needs the memory of what it was given for that long only', () => {
    fc.assert(
      fc.property(said, places, (list, at) => {
        const data = Buffer.concat(list.map(encode));
        const events = new Found();
        const reader = new FrameReader(events);
        const memory = Buffer.alloc(data.length);
        for (const chunk of cut(data, at)) {
          chunk.copy(memory);
          reader.push(memory.subarray(0, chunk.length));
          memory.fill(0xff);
        }
        expect(events.events).toEqual(found([data]));
      }),
    );
  });

  it('passes large content on as it comes', () => {
    const content = pattern(1_000_000);
    const data = encode({ type: FROM.ANSWER, id: 7, text: Buffer.from('head'), content });
    const sizes: number[] = [];
    const kinds: number[] = [];
    const reader = new FrameReader({
      frame: (type, _id, _data, _text, start, end) => {
        kinds.push(type);
        sizes.push(end - start);
      },
      numbers: (type) => {
        kinds.push(type);
      },
    });
    for (let at = 0; at < data.length; at += 65_536) reader.push(data.subarray(at, at + 65_536));
    expect(kinds[0]).toBe(OPENING);
    expect(kinds.slice(1, -1).every((kind) => kind === FROM.BLOCK)).toBe(true);
    expect(kinds.at(-1)).toBe(FROM.END);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(content.length);
  });

  it('gives frames or a ChannelError for whatever comes', () => {
    let refused = 0;
    const damaged = fc
      .tuple(said, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }))
      .map(([list, changes]) => {
        const data = Buffer.concat(list.map(encode));
        for (const [at, byte] of changes) if (data.length > 0) data[at % data.length] = byte;
        return data;
      });
    fc.assert(
      fc.property(fc.oneof(bytes(400), damaged), places, (data, at) => {
        const outcome = (chunks: readonly Buffer[]) => {
          const sink = new Found();
          const reader = new FrameReader(sink);
          try {
            for (const chunk of chunks) reader.push(chunk);
            return { events: sink.events, refused: false };
          } catch (error) {
            expect(error).toBeInstanceOf(ChannelError);
            return { events: sink.events, refused: true };
          }
        };
        const whole = outcome([data]);
        if (whole.refused) refused++;
        expect(outcome(cut(data, at)).refused).toBe(whole.refused);
      }),
      { numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(0);
  });

  it.each([
    ['type 0', Buffer.alloc(13)],
    ['a text of 4 GiB', Buffer.concat([Buffer.of(1, 1, 0, 0, 0), uint32(2 ** 32 - 1), uint32(0)])],
    ['content of 4 GiB', Buffer.concat([Buffer.of(5, 1, 0, 0, 0), uint32(0), uint32(2 ** 32 - 1)])],
  ])('refuses %s at its head', (_what, data) => {
    expect(() => found([data])).toThrow(ChannelError);
  });
});

/** A message to the worker. */
type Sent =
  | {
      readonly body: Buffer;
      readonly environ: readonly (readonly [string, string])[];
      readonly streamed: boolean;
    }
  | {
      readonly operation: (typeof TO)[keyof typeof TO];
      readonly argument: Buffer | string | number | null;
    };

const latin1 = fc.string({
  unit: fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCharCode(code)),
  maxLength: 300,
});
// On both sides of the size up to which content is joined to the text around it.
const body = fc.oneof(
  bytes(100),
  fc.constantFrom(0, 1, 8191, 8192, 8193, 20_000, 65_536).map(pattern),
);
const sent = fc.oneof<fc.Arbitrary<Sent>[]>(
  fc.record({
    body,
    environ: fc.array(fc.tuple(latin1, latin1), { maxLength: 5 }),
    streamed: fc.boolean(),
  }),
  fc.record({
    operation: fc.constantFrom(...Object.values(TO)),
    argument: fc.oneof(body, latin1, fc.nat({ max: 2 ** 31 - 1 }), fc.constant(null)),
  }),
);

function add(writer: FrameWriter, number: number, message: Sent): void {
  if ('body' in message) {
    const pairs = new Map(message.environ);
    const entries = [...pairs].map(([name, value]) => key(name) + str(value)).join('');
    writer.request(number, DICT + entries + DICT_END, message.body, message.streamed);
    return;
  }
  const { operation, argument } = message;
  if (argument === null) writer.control(operation, number);
  else if (typeof argument === 'number') writer.control(operation, number, int(argument));
  else if (typeof argument === 'string') writer.control(operation, number, unicode(argument));
  else writer.control(operation, number, argument);
}

function seenBy(number: number, message: Sent): Described {
  if ('body' in message) {
    const pairs = [...new Map(message.environ)].map(([name, value]) => [
      ['str', name],
      ['str', value],
    ]);
    const content = ['bytes', message.body.toString('hex')];
    return ['tuple', [['int', number], ['dict', pairs], content, ['bool', message.streamed]]];
  }
  return ['tuple', [['int', message.operation], ['int', number], argumentSeen(message.argument)]];
}

function argumentSeen(argument: Buffer | string | number | null): Described {
  if (argument === null) return ['NoneType', null];
  if (typeof argument === 'number') return ['int', argument];
  return typeof argument === 'string' ? ['str', argument] : ['bytes', argument.toString('hex')];
}

describe('FrameWriter', () => {
  it('gathers what CPython reads', (context) => {
    const python = need('python3', context);
    fc.assert(
      fc.property(
        fc.array(fc.array(sent, { minLength: 1, maxLength: 8 }), { minLength: 20, maxLength: 40 }),
        (turns) => {
          const writer = new FrameWriter();
          let number = 0;
          const expected: Described[] = [];
          const pieces = turns.flatMap((messages) => {
            expect(writer.count).toBe(0);
            const seen = messages.map((message) => {
              add(writer, ++number, message);
              return seenBy(number, message);
            });
            expected.push(['list', seen]);
            return writer.take();
          });
          expect(unmarshal(python, pieces)).toEqual(expected);
        },
      ),
      { numRuns: 3 },
    );
  });

  it('joins small content, and copies no large one', () => {
    const writer = new FrameWriter();
    const [small, large] = [pattern(8192), pattern(8193)];
    writer.request(1, DICT + DICT_END, small, false);
    writer.request(2, DICT + DICT_END, large, false);
    writer.control(TO.STOP, 0);
    const pieces = writer.take();
    expect(pieces.map((piece) => typeof piece)).toEqual(['string', 'object', 'string']);
    expect(pieces[1]).toBe(large);
  });
});
