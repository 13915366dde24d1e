/** An HTTP server in front of functions: requests become events, and what functions answer becomes HTTP. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { LambdaHandler, LambdaResult, StreamingHandler } from 'wizgi/lambda';
import { answerOf, type HttpRequest, headOf, type Platform } from './platform.ts';
import { invokeStreaming } from './stream.ts';

/** Calls a function for a request, and answers it. */
export type Reach = (request: HttpRequest, response: ServerResponse) => Promise<void>;

/** A function whose answers come whole. */
export function whole(platform: Platform, handler: LambdaHandler): Reach {
  return async (request, response) => {
    const event = throughJson(platform.event(request));
    const result = throughJson(await handler(event)) as LambdaResult;
    const { statusLine, headers, body } = answerOf(request, result);
    begin(response, statusLine, headers);
    response.end(body);
  };
}

/** A function whose answers are streamed. */
export function streamed(platform: Platform, handler: StreamingHandler): Reach {
  return async (request, response) => {
    const { stream, answer, outcome } = invokeStreaming(
      handler,
      throughJson(platform.event(request)),
    );
    response.on('close', () => stream.destroy());
    const { statusLine, headers } = headOf(await answer.metadata);
    begin(response, statusLine, headers);
    for (let piece = await answer.read(); piece !== null; piece = await answer.read()) {
      if (!response.write(piece)) await drained(response);
    }
    if ((await outcome) === null) response.end();
    // Ends the connection behind what was written, and not the answer.
    else response.socket?.destroySoon();
  };
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const goOn = () => {
      response.off('drain', goOn).off('close', goOn);
      resolve();
    };
    response.on('drain', goOn).on('close', goOn);
    if (response.destroyed) goOn();
  });
}

/** Serves one instance of a function, which has one request at a time, until the end of the test. */
export async function serveFunction(reach: Reach): Promise<string> {
  let free: Promise<void> = Promise.resolve();
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    free = free.then(async () => {
      try {
        await reach(await received(request), response);
      } catch (error) {
        response.destroy(error as Error);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function begin(response: ServerResponse, statusLine: string, headers: [string, string][]): void {
  const code = Number(statusLine.slice(0, 3));
  response.writeHead(code, statusLine.slice(4), headers.flat());
}

async function received(request: IncomingMessage): Promise<HttpRequest> {
  const blocks: Buffer[] = [];
  for await (const block of request) blocks.push(block);
  const { method = 'GET', url = '/', rawHeaders } = request;
  const headers = Array.from({ length: rawHeaders.length / 2 }, (_, index): [string, string] => [
    rawHeaders[2 * index] ?? '',
    rawHeaders[2 * index + 1] ?? '',
  ]);
  return { method, target: url, headers, body: Buffer.concat(blocks) };
}

/** As it is between Lambda and its runtime. */
function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
