/** Finds out what kind of server serves the kit's application. */
import type { KitAddress } from './address.ts';
import { textOf } from './answer-text.ts';
import type { Need } from './case.ts';
import { KitConnection, NoAnswer } from './connection.ts';
import { describe, type SeenAnswer } from './match.ts';
import { messageText } from './message.ts';
import type { KitDescription } from './report.ts';

/** The server cannot be judged: it does not answer, or serves something else. */
export class KitNotServed extends Error {
  override readonly name = 'KitNotServed';
}

export interface Probe {
  readonly server: KitDescription;
  readonly has: ReadonlySet<Need>;
}

/** Enough for one of a few processes to show that it is not alone. */
const REQUESTS = 8;

/** @throws {KitNotServed} (as a rejection) in words for the user. */
export async function probeServer(address: KitAddress, patience: number): Promise<Probe> {
  const seen = await Promise.all(
    Array.from({ length: REQUESTS }, () => askWithin(address, patience)),
  );
  const descriptions = seen.map((answer) => descriptionIn(answer, address.url));
  const server = descriptions[0] as KitDescription;
  const instances = new Set(descriptions.map(({ instance }) => instance));
  const has = new Set<Need>();
  if (seen[0]?.protocol === 'HTTP/1.1') has.add('http/1.1');
  has.add(server.multithread ? 'threads' : 'no threads');
  has.add(instances.size === 1 && !server.run_once ? 'one process' : 'several processes');
  if (server.file_wrapper) has.add('file_wrapper');
  return { server, has };
}

async function askWithin(address: KitAddress, patience: number): Promise<SeenAnswer> {
  const connection = new KitConnection(address.where);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    connection.close();
  }, patience * 1000);
  try {
    connection.send(messageText({ target: '/' }, address), 'GET');
    return await connection.answer();
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    const seen = late ? `nothing came within ${patience} seconds` : error.message;
    throw new KitNotServed(`${address.url} cannot be judged: ${seen}`);
  } finally {
    clearTimeout(timer);
    connection.close();
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
