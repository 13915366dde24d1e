import type { Protocol } from '../protocol.ts';
import { Refusal } from '../refusal.ts';
import { HttpConnection } from './connection.ts';
import { encodeRefusal } from './refusal.ts';

/** HTTP/1.1. (RFC 9112) */
export const protocol: Protocol = {
  connect: (gateway, socket, facts) => new HttpConnection(gateway, socket, facts),
  turnAway: () => encodeRefusal(new Refusal(503, false), Date.now()),
  trusting: false,
};
