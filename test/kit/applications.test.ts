/** The kit's applications, in TypeScript and in Python, give the same answers. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { kitAddress } from '../../src/testing/kit/address.ts';
import type { Message } from '../../src/testing/kit/case.ts';
import { KitConnection, NoAnswer } from '../../src/testing/kit/connection.ts';
import { asyncKitApplication, kitApplication, kitCases } from '../../src/testing/kit/index.ts';
import { messageText } from '../../src/testing/kit/message.ts';
import { need } from '../interop/components.ts';
import { type Serving, serving, servingPython } from './serving.ts';

/** Every request of a case whose answer does not wait for another one, and does end. */
const messages: readonly Message[] = kitCases
  .flatMap(({ steps }) => steps.flatMap((step) => ('send' in step ? [step.send] : [])))
  .filter((message): message is Message => typeof message !== 'string')
  .filter(({ target }) => !/&wait=|blocks=\*/.test(target));

/** What is the server's, or the language's. */
const OWN_HEADERS = ['date', 'server', 'content-length', 'transfer-encoding'];
const OWN_KEYS =
  /^(?:wizgi\.|SERVER_PORT$|REMOTE_PORT$|HTTP_HOST$|wsgi\.(?:input|errors|file_wrapper)$)/;

/** What of an answer the application decides. */
async function answerOf(url: string, message: Message, key: string): Promise<unknown> {
  const address = kitAddress(url);
  const connection = new KitConnection(address.where);
  const filled = JSON.parse(JSON.stringify(message).replaceAll('{key}', key)) as Message;
  connection.send(messageText(filled, address), filled.method ?? 'GET');
  try {
    const { status, reason, headers, content, complete } = await connection.answer();
    const text = Buffer.from(content)
      .toString('latin1')
      .replaceAll(url, 'URL')
      .replaceAll(key, 'KEY');
    return {
      ...{ status, reason, complete },
      headers: headers.filter(([name]) => !OWN_HEADERS.includes(name.toLowerCase())),
      content: /^\/environ/.test(filled.target) ? environIn(text) : text,
    };
  } catch (error) {
    if (error instanceof NoAnswer) return error.message;
    throw error;
  } finally {
    connection.close();
  }
}

function environIn(text: string): unknown {
  const { dictionary, environ } = JSON.parse(text) as {
    dictionary: boolean;
    environ: Readonly<Record<string, unknown>>;
  };
  const shared = Object.entries(environ).filter(([key]) => !OWN_KEYS.test(key));
  return { dictionary, environ: Object.fromEntries(shared) };
}

/** A server may end an application early once it has no use for further blocks. */
function isRunToItsEnd({ method, target }: Message): boolean {
  return method !== 'HEAD' && !target.includes('Content-Length');
}

/** All answers, and what the ledger says of each request. */
async function answersOf(name: string, { url }: Serving): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const [index, message] of messages.entries()) {
    const key = `${name}-${index}`;
    const answer = await answerOf(url, message, key);
    answers.push([message, answer]);
    if (isRunToItsEnd(message)) {
      answers.push(await answerOf(url, { target: `/ledger?k=${key}` }, key));
    }
  }
  return answers;
}

describe("the kit's applications", () => {
  it('answer alike in both languages and forms', async (context) => {
    const python = await servingPython(need('python3', context), { threads: 4 });
    onTestFinished(() => python.close());
    const expected = await answersOf('python', python);
    for (const [name, app] of Object.entries({ kitApplication, asyncKitApplication })) {
      const server = await serving(app);
      onTestFinished(() => server.close());
      expect(await answersOf(name, server)).toEqual(expected);
    }
  });
});
