/** Runs the steps of one case. */
import { afterArrivals } from '../../wsgi/arrivals.ts';
import type { KitAddress } from './address.ts';
import { textOf } from './answer-text.ts';
import type { AnswerMatch, KitCase, Message, Step } from './case.ts';
import { KitConnection, NoAnswer } from './connection.ts';
import {
  compareAnswer,
  compareHead,
  type Difference,
  describe,
  isStatus,
  quote,
  showStatus,
} from './match.ts';
import { filledIn, messageText } from './message.ts';

const LATE: unique symbol = Symbol('late');

/** Runs a case; gives what differs from it, or null. `patience` is in seconds. */
export async function runSteps(
  one: KitCase,
  address: KitAddress,
  patience: number,
): Promise<Difference | null> {
  const course = new Course(address);
  const steps = filledIn(one.steps, address);
  let stopTimer: (() => void) | undefined;
  const limit = new Promise<typeof LATE>((resolve) => {
    stopTimer = afterArrivals(patience * 1000, () => resolve(LATE));
  });
  try {
    for (const step of steps) {
      course.waitsFor = expectation(step);
      course.seen = 'nothing';
      const outcome = await Promise.race([course.run(step), limit]);
      if (outcome === LATE) {
        return { expected: course.waitsFor, seen: `${course.seen} after ${patience} seconds` };
      }
      if (outcome !== null) return outcome;
    }
    return null;
  } finally {
    stopTimer?.();
    course.close();
  }
}

type Polling = Extract<Step, { eventually: unknown }>;

class Course {
  waitsFor = '';
  /** What there is to say when it takes too long. */
  seen = 'nothing';
  private readonly address: KitAddress;
  private readonly connections = new Map<string, KitConnection>();
  private closed = false;

  constructor(address: KitAddress) {
    this.address = address;
  }

  async run(step: Step): Promise<Difference | null> {
    try {
      return await this.take(step);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      return { expected: this.waitsFor, seen: error.message };
    }
  }

  close(): void {
    this.closed = true;
    for (const connection of this.connections.values()) connection.close();
  }

  private async take(step: Step): Promise<Difference | null> {
    if ('eventually' in step) return this.poll(step.eventually, step.answer);
    const connection = this.connection(step.on ?? '');
    if ('send' in step) return this.send(connection, step.send);
    if ('finish' in step || 'leave' in step) {
      if ('finish' in step) connection.finish();
      else connection.reset();
      return null;
    }
    if ('answer' in step) return this.answer(connection, step);
    if ('head' in step) return compareHead(step.head, await connection.head());
    if ('content' in step) return this.content(connection, step.content);
    if ('interim' in step) return this.interim(connection, step.interim);
    if ('refused' in step) return this.refused(connection, step);
    return this.ended(connection);
  }

  private send(connection: KitConnection, what: Message | string): null {
    if (typeof what === 'string') connection.send(what, null);
    else connection.send(messageText(what, this.address), what.method ?? 'GET');
    return null;
  }

  private async answer(
    connection: KitConnection,
    { answer, to, orEnd = false }: Exclude<Extract<Step, { answer: unknown }>, Polling>,
  ): Promise<Difference | null> {
    try {
      if (!connection.isReading) this.seen = describe(await connection.head(to));
      return compareAnswer(answer, await connection.content());
    } catch (error) {
      if (orEnd && error instanceof NoAnswer && error.ended) return null;
      throw error;
    }
  }

  private async content(connection: KitConnection, text: string): Promise<Difference | null> {
    const seen = await connection.content((content) => {
      const far = textOf(content);
      this.seen = `the content ${quote(far)}`;
      return far.length >= text.length || !text.startsWith(far);
    });
    if (textOf(seen.content) === text) return null;
    return { expected: `the content ${quote(text)} so far`, seen: describe(seen) };
  }

  private async interim(connection: KitConnection, status: number): Promise<Difference | null> {
    const seen = await connection.nextInterim();
    return seen === status ? null : { expected: `an interim ${status}`, seen: String(seen) };
  }

  private async refused(
    connection: KitConnection,
    { refused }: Extract<Step, { refused: unknown }>,
  ): Promise<Difference | null> {
    const answer = await connection.answer().catch((error: unknown) => {
      if (error instanceof NoAnswer) return null;
      throw error;
    });
    if (answer !== null && !isStatus(refused, answer.status)) {
      return { expected: `status ${showStatus(refused)}`, seen: describe(answer) };
    }
    this.seen = `${answer === null ? 'no answer' : describe(answer)}, and the connection stays open`;
    await connection.untilEnded();
    return null;
  }

  private async ended(connection: KitConnection): Promise<Difference | null> {
    this.seen = 'a connection that stays open';
    const stray = await connection.untilEnded();
    return stray === 0
      ? null
      : { expected: 'no more than the answer', seen: `${stray} bytes behind it` };
  }

  private async poll(message: Message, match: AnswerMatch): Promise<Difference | null> {
    for (let pause = 1; !this.closed; pause = Math.min(pause * 2, 50)) {
      const connection = new KitConnection(this.address.where);
      try {
        this.send(connection, message);
        const seen = await connection.answer();
        const difference = compareAnswer(match, seen);
        if (difference === null) return null;
        this.waitsFor = difference.expected;
        this.seen = difference.seen;
      } finally {
        connection.close();
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    return null;
  }

  private connection(name: string): KitConnection {
    const known = this.connections.get(name);
    if (known !== undefined) return known;
    const connection = new KitConnection(this.address.where);
    this.connections.set(name, connection);
    return connection;
  }
}

function expectation(step: Step): string {
  if ('answer' in step || 'head' in step) {
    const match = 'answer' in step ? step.answer : step.head;
    return match.status === undefined ? 'an answer' : `status ${showStatus(match.status)}`;
  }
  if ('content' in step) return `the content ${quote(step.content)} so far`;
  if ('interim' in step) return `an interim ${step.interim}`;
  if ('refused' in step) return `status ${showStatus(step.refused)} and the end of the connection`;
  if ('ended' in step) return 'the end of the connection';
  return 'a connection';
}
