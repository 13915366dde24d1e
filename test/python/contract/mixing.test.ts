/** Many requests at a time: each gets its own answer, whole. */
import { describe, expect, it } from 'vitest';
import { isPattern } from './pattern.ts';
import { type Site, sites } from './site.ts';

const siteOf = sites();

const HOWS = ['list', 'blocks', 'lazy', 'write', 'file', 'error', 'broken'] as const;
const SIZES = [0, 1, 40, 1_000, 70_000, 300_000];
const BODIES = [0, 0, 0, 10, 9_000, 70_000, 150_000];
const PAUSES = [0, 0, 0, 0, 1, 7];

/** Numbers that look random, the same in each run. */
class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  of<T>(values: readonly T[]): T {
    this.state = (Math.imul(this.state, 1_103_515_245) + 12_345) >>> 0;
    return values[(this.state >>> 8) % values.length] as T;
  }
}

interface Question {
  readonly token: string;
  readonly how: (typeof HOWS)[number];
  readonly method: string;
  readonly body: string;
  readonly content: string;
  readonly bytes: string;
}

function question(dice: Dice, number: number): Question {
  const token = `<${number}>`;
  const how = dice.of(HOWS);
  const method = dice.of(['GET', 'GET', 'POST', 'HEAD']);
  const size = dice.of(SIZES);
  const body = method === 'POST' ? String(number % 10).repeat(dice.of(BODIES)) : '';
  const target = `/mixing/answers/k?token=${token}&how=${how}&size=${size}&pause=${dice.of(PAUSES)}`;
  const length = method === 'POST' ? `Content-Length: ${body.length}\r\n` : '';
  return {
    token,
    how,
    method,
    body,
    content: token.repeat(size / token.length + 1).slice(0, size) + body,
    bytes: `${method} ${target} HTTP/1.1\r\nHost: a\r\n${length}\r\n${body}`,
  };
}

/** Its answer has less content than it declares. */
function breaksOff({ how, method }: Question): boolean {
  return how === 'broken' && method !== 'HEAD';
}

/** Asks one question after the other, or several at once, on connections that are used again. */
async function converse(site: Site, seed: number, count: number, atOnce: number): Promise<void> {
  const dice = new Dice(seed);
  let connection = await (seed % 3 === 0 ? site.streamed : site.served).connect();
  for (let asked = 0; asked < count; asked += atOnce) {
    const questions = Array.from({ length: atOnce }, (_, index) =>
      question(dice, seed * 10_000 + asked + index),
    );
    // What breaks off takes the connection, and what was asked behind it, along.
    const usable = questions.slice(0, 1 + questions.findIndex(breaksOff));
    const sent = usable.length > 0 ? usable : questions;
    for (const { bytes } of sent) connection.send(bytes);
    for (const expected of sent) {
      const answer = await connection.readAnswer(expected.method);
      const fails = expected.how === 'error' || (breaksOff(expected) && expected.content === '');
      expect(answer.status).toBe(fails ? 500 : 200);
      if (fails) continue;
      expect(answer.headers.get('X-Token')).toBe(expected.token);
      if (expected.method === 'HEAD') continue;
      expect(answer.complete).toBe(!breaksOff(expected));
      const content = Buffer.from(expected.content);
      // A reset overtakes what its client has not read in time.
      const due = answer.complete ? content : content.subarray(0, answer.body.length);
      expect(answer.body.equals(due)).toBe(true);
    }
    if (sent.some(breaksOff) || dice.of([true, false, false, false])) {
      connection.close();
      connection = await site.served.connect();
    }
  }
  connection.close();
}

/** Asks for much, and leaves before it is there. */
async function interrupt(site: Site, seed: number, count: number): Promise<void> {
  const dice = new Dice(seed);
  for (let number = 0; number < count; number++) {
    const connection = await site.served.connect();
    const { bytes } = question(dice, seed * 10_000 + number);
    if (dice.of([true, false])) {
      connection.send(bytes.slice(0, -5));
    } else {
      connection.send(bytes);
      // With a part of the answer there, or none.
      if (dice.of([true, false])) await connection.when(() => connection.pending || undefined);
    }
    connection.reset();
  }
}

describe.each([
  { threads: 1, workers: 1 },
  { threads: 4, workers: 1 },
  { threads: 2, workers: 2 },
])('$workers workers of $threads threads', (options) => {
  it('answer everyone', async (context) => {
    const site = await siteOf(context, options);
    await Promise.all([
      ...Array.from({ length: 16 }, (_, seed) => converse(site, seed + 1, 25, 1)),
      ...Array.from({ length: 4 }, (_, seed) => converse(site, seed + 101, 40, 5)),
      ...Array.from({ length: 4 }, (_, seed) => interrupt(site, seed + 201, 20)),
    ]);
  });

  it('answer clients that read nothing for long, while others are answered', async (context) => {
    const site = await siteOf(context, options);
    const slow = await Promise.all(Array.from({ length: 4 }, () => site.served.connect()));
    for (const connection of slow) {
      connection.socket.pause();
      connection.send('GET /content/pattern?size=8000000 HTTP/1.1\r\nHost: a\r\n\r\n');
    }
    await Promise.all(Array.from({ length: 8 }, (_, seed) => converse(site, seed + 301, 25, 1)));
    for (const connection of slow) {
      connection.socket.resume();
      const { body } = await connection.readAnswer();
      expect([body.length, isPattern(body)]).toEqual([8_000_000, true]);
      connection.close();
    }
  });

  it('answer others beside one who asks for much at a time', async (context) => {
    const site = await siteOf(context, options);
    const ask = (token: string) =>
      `GET /mixing/answers/k?token=${token}&how=list&size=9&pause=3 HTTP/1.1\r\nHost: a\r\n\r\n`;
    const many = 100;
    const greedy = await Promise.all(Array.from({ length: 8 }, () => site.served.connect()));
    for (const connection of greedy) connection.send(ask('greedy').repeat(many));
    let greedyAnswers = 0;
    const reading = greedy.map(async (connection) => {
      for (let count = 0; count < many; count++) {
        await connection.readAnswer();
        greedyAnswers++;
      }
    });
    const other = await site.served.connect();
    for (let count = 0; count < 5; count++) {
      other.send(ask('other'));
      expect((await other.readAnswer()).body.toString()).toBe('otherothe');
    }
    expect(greedyAnswers).toBeLessThan(greedy.length * many);
    await Promise.all(reading);
    for (const connection of [...greedy, other]) connection.close();
  });

  it('answer short questions, thousands of them', async (context) => {
    const site = await siteOf(context, options);
    const ask = async (seed: number) => {
      const connection = await site.connect();
      for (let round = 0; round < 15; round++) {
        const tokens = Array.from({ length: 10 }, (_, index) => `(${seed}-${round}-${index})`);
        const target = (token: string) =>
          `/mixing/answers/k?token=${token}&how=list&size=20&pause=0`;
        for (const token of tokens) {
          connection.send(`GET ${target(token)} HTTP/1.1\r\nHost: a\r\n\r\n`);
        }
        for (const token of tokens) {
          const answer = await connection.readAnswer();
          expect(answer.headers.get('X-Token')).toBe(token);
          expect(answer.body.toString()).toBe(token.repeat(20).slice(0, 20));
        }
      }
      connection.close();
    };
    await Promise.all(Array.from({ length: 20 }, (_, seed) => ask(seed)));
  });
});
