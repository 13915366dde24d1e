import { UwsgiAnswerEncoder, UwsgiRequestParser } from '../../protocols/uwsgi/index.ts';
import type { Protocol } from '../protocol.ts';
import { Refusal } from '../refusal.ts';
import { SingleConnection } from '../single-connection.ts';

const encoder = new UwsgiAnswerEncoder();

/** uwsgi, as the application server. */
export const protocol: Protocol = {
  connect: (gateway, socket, facts) => {
    const parser = new UwsgiRequestParser(gateway.metaLimits);
    return new SingleConnection(gateway, socket, facts, parser, encoder);
  },
  turnAway: () => new Refusal(503, false).by(encoder).join(''),
  trusting: true,
};
