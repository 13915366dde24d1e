/** The kit's applications, in TypeScript and in Python, give the same answers. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { kitAddress } from '../../src/testing/kit/address.ts';
import type { Message } from '../../src/testing/kit/case.ts';
import { KitConnection, NoAnswer } from '../../src/testing/kit/connection.ts';
import { asyncKitApplication, kitApplication, kitCases } from '../../src/testing/kit/index.ts';
import { messageText } from '../../src/testing/kit/message.ts';
import { need } from '../interop/components.ts';
import { type Serving, serving, servingPython } from './serving.ts';

/** Every request of a case whose answer does not wait for another one, and is not without end. */
const messages: readonly Message[] = kitCases
  .flatMap(({ steps }) => steps.flatMap((step) => ('send' in step ? [step.send] : [])))
  .filter((message): message is Message => typeof message !== 'string')
  .filter(({ target }) => !/&wait=|x65536/.test(target));

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

/** How many requests are under way at once. */
const WIDTH = 4;

async function forEach<T>(
  items: readonly T[],
  act: (item: T, index: number) => Promise<unknown>,
): Promise<unknown[]> {
  const results: unknown[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await act(items[index] as T, index);
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
  return results;
}

/** All answers, and what the ledger says of each request when all have been over for a while. */
async function answersOf(name: string, { url }: Serving): Promise<unknown[]> {
  const key = (index: number) => `${name}-${index}`;
  const answers = await forEach(messages, async (message, index) => [
    message,
    await answerOf(url, message, key(index)),
  ]);
  const ledgers = await forEach(messages, async (message, index) =>
    isRunToItsEnd(message)
      ? [message, await answerOf(url, { target: `/ledger?k=${key(index)}` }, key(index))]
      : [],
  );
  return [...answers, ...ledgers];
}

describe("the kit's applications", () => {
  it('answer alike in both languages and forms', async (context) => {
    const interpreter = need('python3', context);
    const servers = {
      python: await servingPython(interpreter, { threads: WIDTH }),
      synchronous: await serving(kitApplication),
      asynchronous: await serving(asyncKitApplication),
    };
    onTestFinished(async () => {
      await Promise.all(Object.values(servers).map((server) => server.close()));
    });
    const [expected, ...others] = await Promise.all(
      Object.entries(servers).map(([name, server]) => answersOf(name, server)),
    );
    for (const answers of others) expect(answers).toEqual(expected);
  });
});
