/** Finds out what kind of server serves the kit's application. */
import type { KitAddress } from './address.ts';
import { textOf } from './answer-text.ts';
import type { Message, Need } from './case.ts';
import { KitConnection, NoAnswer } from './connection.ts';
import { describe, type SeenAnswer } from './match.ts';
import { messageText } from './message.ts';
import { KitNotServed } from './not-served.ts';
import type { KitDescription } from './report.ts';

export interface Probe {
  readonly server: KitDescription;
  readonly has: ReadonlySet<Need>;
}

/** Enough for one of a few processes to show that it is not alone. */
const REQUESTS = 8;
const DESCRIPTION: Message = { target: '/' };
/** More than any server takes before its client has read of it. */
const LARGE: Message = { target: '/do?start=200%20OK&return=tracked&blocks=400x65536' };
/** How long a process has to answer beside one that is busy, in milliseconds. */
const BESIDE = 250;

/** @throws {KitNotServed} (as a rejection) in words for the user. */
export async function probeServer(address: KitAddress, patience: number): Promise<Probe> {
  const prober = new Prober(address, patience);
  const first = await prober.ask();
  const server = descriptionIn(first, address.url);
  const others = await Promise.all(Array.from({ length: REQUESTS }, () => prober.ask()));
  const seen = [...others, await prober.askBesideAnother()];
  const instances = seen.map((answer) => descriptionIn(answer, address.url).instance);
  const alone = instances.every((instance) => instance === server.instance);
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

  ask(): Promise<SeenAnswer> {
    return this.on(DESCRIPTION, (connection) => connection.answer());
  }

  /** Asks while a request is under way, which keeps its process busy, if it is the only one for long. */
  askBesideAnother(): Promise<SeenAnswer> {
    return this.on(LARGE, async (connection) => {
      await connection.head();
      const answer = this.ask();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const pause = new Promise((resolve) => {
        timer = setTimeout(resolve, BESIDE);
      });
      await Promise.race([answer.catch(() => undefined), pause]);
      clearTimeout(timer);
      connection.close();
      return answer;
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
    const timer = setTimeout(() => {
      late = true;
      connection.close();
    }, patience * 1000);
    try {
      connection.send(messageText(message, address), 'GET');
      return await read(connection);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      const seen = late ? `nothing came within ${patience} seconds` : error.message;
      throw new KitNotServed(`${address.url} cannot be judged: ${seen}`);
    } finally {
      clearTimeout(timer);
      connection.close();
    }
  }
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
