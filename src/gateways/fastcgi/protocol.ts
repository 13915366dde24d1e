import { FastCgiAnswerEncoder } from '../../protocols/fastcgi/index.ts';
import type { Protocol } from '../protocol.ts';
import { Refusal } from '../refusal.ts';
import { FastCgiConnection } from './connection.ts';
import { webServerAddresses } from './web-servers.ts';

/** FastCGI, as the application server. */
export const protocol: Protocol = {
  connect: (gateway, socket, facts) => new FastCgiConnection(gateway, socket, facts),
  // Every web server calls the first request of a connection 1; and an END_REQUEST that says
  // "overloaded" is an empty page of status 200 to Apache.
  turnAway: () => new Refusal(503, false).by(new FastCgiAnswerEncoder(1)).join(''),
  trusting: true,
  peers: webServerAddresses,
};
