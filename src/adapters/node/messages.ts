import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { NodeHandler } from './handler.ts';

/** Makes the messages that a handler is called with. */
export interface Messages {
  request(socket: Socket): IncomingMessage;
  response(request: IncomingMessage): ServerResponse;
}

const plain: Messages = {
  request: (socket) => new IncomingMessage(socket),
  response: (request) => new ServerResponse(request),
};

/**
 * The messages that suit a handler.
 *
 * Express gives each message another prototype, its application's. All that is done with a message
 * after that is several times as slow, so they are made with that prototype to begin with: a request
 * to Express then takes a third of the processor time that it takes under node:http.
 */
export function messagesFor(handler: NodeHandler): Messages {
  const { request, response } = handler as Partial<Record<keyof Messages, unknown>>;
  const suited = inherits(request, IncomingMessage) && inherits(response, ServerResponse);
  if (!suited || isClass(IncomingMessage) || isClass(ServerResponse)) return plain;
  const Request = subclass<[Socket], IncomingMessage>(IncomingMessage, request);
  const Response = subclass<[IncomingMessage], ServerResponse>(ServerResponse, response);
  return {
    request: (socket) => new Request(socket),
    response: (incoming) => new Response(incoming),
  };
}

function inherits(value: unknown, base: { readonly prototype: object }): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.prototype.isPrototypeOf.call(base.prototype, value)
  );
}

/** In Node.js they are functions, which can construct what another one makes; elsewhere perhaps not. */
function isClass(base: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(base));
}

/** A constructor whose instances have that prototype; `base` is a function, no class. */
function subclass<A extends unknown[], T>(
  base: { readonly prototype: T },
  prototype: object,
): new (
  ...args: A
) => T {
  const construct = base as unknown as (this: unknown, argument: unknown) => void;
  function Message(this: unknown, argument: unknown): void {
    construct.call(this, argument);
  }
  Message.prototype = prototype;
  // V8 makes room in an object for what all constructors of the chain set.
  Object.setPrototypeOf(Message, base);
  return Message as unknown as new (
    ...args: A
  ) => T;
}
