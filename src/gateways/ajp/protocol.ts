import { AjpAnswerEncoder } from '../../protocols/ajp/index.ts';
import { MAX_PACKET } from '../../protocols/ajp/limits.ts';
import type { Bind } from '../bind.ts';
import { ConfigurationError, type ResolvedServerOptions } from '../options.ts';
import { isLoopback } from '../peer.ts';
import type { Protocol } from '../protocol.ts';
import { Refusal } from '../refusal.ts';
import { AjpConnection } from './connection.ts';
import { ajpSettings } from './settings.ts';

/** Below this, heads of ordinary requests and answers do not fit. */
const MIN_PACKET = 1024;

/** AJP/1.3, as the servlet container. */
export const protocol: Protocol = {
  connect: (gateway, socket, facts) => new AjpConnection(gateway, socket, facts),
  turnAway: () => {
    const encoder = new AjpAnswerEncoder();
    encoder.reusable = false;
    return new Refusal(503, false).by(encoder).join('');
  },
  trusting: true,
  check,
};

function check(bind: Bind, options: ResolvedServerOptions): void {
  const { ajpPacketSize, ajpWithoutSecret } = options;
  if (ajpPacketSize < MIN_PACKET || ajpPacketSize > MAX_PACKET) {
    throw new ConfigurationError(
      `option 'ajpPacketSize' (--ajp-packet-size) is ${ajpPacketSize}; expected ${MIN_PACKET} to ${MAX_PACKET} bytes`,
    );
  }
  const { secret } = ajpSettings(options);
  if (/[^\x20-\x7e]/.test(secret)) {
    throw new ConfigurationError(
      "option 'ajpSecret' (--ajp-secret) has a character that is not printable ASCII, which web servers cannot send",
    );
  }
  if (secret === '' && !ajpWithoutSecret && bind.kind === 'tcp' && !isLoopback(bind.host)) {
    const host = bind.host.includes(':') ? `[${bind.host}]` : bind.host;
    throw new ConfigurationError(
      `bind 'ajp://${host}:${bind.port}': whoever can connect there can say who its client is; set a secret with --ajp-secret or $WIZGI_AJP_SECRET and give it to the web server, or listen on 127.0.0.1 (or say --ajp-without-secret)`,
    );
  }
}
