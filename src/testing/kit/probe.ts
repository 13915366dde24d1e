/** Finds out what kind of server serves the kit's application. */
import { afterArrivals } from '../../wsgi/arrivals.ts';
import type { KitAddress } from './address.ts';
import { textOf } from './answer-text.ts';
import type { AnswerMatch, Message, Need } from './case.ts';
import { KitConnection, NoAnswer } from './connection.ts';
import { compareAnswer, describe, type SeenAnswer } from './match.ts';
import { messageText, newKey } from './message.ts';
import { KitNotServed } from './not-served.ts';
import type { KitDescription } from './report.ts';

export interface Probe {
  readonly server: KitDescription;
  readonly has: ReadonlySet<Need>;
}

/** Enough for one of a few processes to show that it is not alone. */
const REQUESTS = 8;
const DESCRIPTION: Message = { target: '/' };
/** More than any server takes before its client has read of it; `k` is to follow. */
const LARGE = '/do?start=200%20OK&return=tracked&blocks=400x65536';
/** What the ledger says of a request that its process did not get. */
const UNKNOWN: AnswerMatch = { json: { '/counts/call': 0 } };
/** How long a process has to answer beside one that is busy, in milliseconds. */
const BESIDE = 1000;
/** In so many steps, of which a pause of the whole machine takes no more than one. */
const STEPS = 20;
/** How often it is asked, as long as it answers in time. */
const ROUNDS = 5;

/** @throws {KitNotServed} (as a rejection) in words for the user. */
export async function probeServer(address: KitAddress, patience: number): Promise<Probe> {
  const prober = new Prober(address, patience);
  const first = await prober.ask();
  const server = descriptionIn(first, address.url);
  const others = await Promise.all(Array.from({ length: REQUESTS }, () => prober.ask()));
  const isSame = (answer: SeenAnswer) =>
    descriptionIn(answer, address.url).instance === server.instance;
  const alone = others.every(isSame) && !(await prober.findsAnotherBeside());
  const has = new Set<Need>();
  if (first.protocol === 'HTTP/1.1') has.add('http/1.1');
  has.add(server.multithread ? 'threads' : 'no threads');
  has.add(alone && !server.run_once ? 'one process' : 'several processes');
  if (server.file_wrapper) has.add('file_wrapper');
  return { server, has };
}

class Prober {
  private readonly address: KitAddress;
  private readonly patience: number;

  constructor(address: KitAddress, patience: number) {
    this.address = address;
    this.patience = patience;
  }

  ask(message = DESCRIPTION): Promise<SeenAnswer> {
    return this.on(message, (connection) => connection.answer());
  }

  /** Asks, while a process is busy, whether another one answers. */
  async findsAnotherBeside(): Promise<boolean> {
    for (let round = 0; round < ROUNDS; round++) {
      const { isAnother, late } = await this.askBeside();
      if (isAnother || late) return isAnother;
    }
    return false;
  }

  /**
   * Asks for a request while it is under way, which keeps its process busy: another process, which
   * is free to answer, does not know of it. A server that takes the large answer all the same, and
   * has the same process answer behind it, says nothing of others.
   */
  private askBeside(): Promise<{ isAnother: boolean; late: boolean }> {
    const key = newKey();
    return this.on({ target: `${LARGE}&k=${key}` }, async (connection) => {
      await connection.head();
      const answer = this.ask({ target: `/ledger?k=${key}` });
      const isOver = answer.then(
        () => true,
        () => true,
      );
      let late = true;
      for (let step = 0; step < STEPS && late; step++) {
        late = !(await Promise.race([isOver, pause(BESIDE / STEPS)]));
      }
      connection.close();
      return { isAnother: compareAnswer(UNKNOWN, await answer) === null, late };
    });
  }

  /** Sends a request on a connection of its own. */
  private async on<T>(
    message: Message,
    read: (connection: KitConnection) => Promise<T>,
  ): Promise<T> {
    const { address, patience } = this;
    const connection = new KitConnection(address.where);
    let late = false;
    const stopTimer = afterArrivals(patience * 1000, () => {
      late = true;
      connection.close();
    });
    try {
      connection.send(messageText(message, address), 'GET');
      return await read(connection);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      const seen = late ? `nothing came within ${patience} seconds` : error.message;
      throw new KitNotServed(`${address.url} cannot be judged: ${seen}`);
    } finally {
      stopTimer();
      connection.close();
    }
  }
}

/** Resolves to false, so that it can run against what is awaited. */
function pause(milliseconds: number): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, false));
}

function descriptionIn(answer: SeenAnswer, url: string): KitDescription {
  try {
    const value = JSON.parse(textOf(answer.content)) as KitDescription;
    if (value.kit === 'wizgi-conformance') return value;
  } catch {
    // What is no JSON is another application's.
  }
  throw new KitNotServed(
    `${url} does not serve the conformance kit's application; it answered ${describe(answer)}`,
  );
}
