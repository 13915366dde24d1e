/** Many clients at once, each of whose requests has a number of its own. */
import { Agent, request } from 'node:http';

/** What became of the requests: their numbers. */
export interface Outcomes {
  readonly answered: number[];
  /** With the status that they got instead, or what happened to the connection. */
  readonly failed: Map<number, string>;
}

/** Requests under way, until they are to end. */
export interface Load extends Outcomes {
  /** No more are begun; resolves when all are over. */
  finish(): Promise<Outcomes>;
}

/**
 * Keeps so many connections busy with `GET PATH?NUMBER`, each of which must be answered by its number.
 */
export function load(address: string, path: string, connections: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const answered: number[] = [];
  const failed = new Map<number, string>();
  let next = 0;
  let finished = false;
  const client = async () => {
    while (!finished) {
      const number = ++next;
      const outcome = await ask(agent, `${address}${path}?${number}`);
      if (outcome === `200 ${number}`) answered.push(number);
      else failed.set(number, outcome);
    }
  };
  const clients = Promise.all(Array.from({ length: connections }, client));
  return {
    answered,
    failed,
    async finish() {
      finished = true;
      await clients;
      agent.destroy();
      return { answered, failed };
    },
  };
}

/** The status and content of an answer, or how it failed. */
function ask(agent: Agent, url: string): Promise<string> {
  return new Promise((resolve) => {
    let status: number | undefined;
    let body = '';
    const call = request(url, { agent }, (response) => {
      status = response.statusCode;
      response.setEncoding('latin1');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve(`${status} ${body.trim()}`));
      response.on('error', fail);
    });
    const fail = ({ message }: Error) =>
      resolve(status === undefined ? message : `cut after ${status} ${body}`);
    // Is told of a reset before its response is.
    call.on('error', fail);
    call.end();
  });
}
