import { BlockList, isIP } from 'node:net';
import { ConfigurationError } from '../options.ts';

/** Names the web servers that may connect, in the environment that one of them started us with. */
const VARIABLE = 'FCGI_WEB_SERVER_ADDRS';

/**
 * The addresses that may connect, or null when the environment does not say. (FastCGI 1.0 §3.2)
 *
 * @throws {ConfigurationError} for what is no list of addresses.
 */
export function webServerAddresses(): BlockList | null {
  const text = process.env[VARIABLE];
  if (text === undefined) return null;
  const addresses = text.split(',').map((address) => address.trim());
  const wrong = addresses.find((address) => isIP(address) === 0);
  if (wrong !== undefined) {
    throw new ConfigurationError(
      `the environment's ${VARIABLE} has ${JSON.stringify(wrong)}; expected IP addresses with commas between, or unset it`,
    );
  }
  const list = new BlockList();
  for (const address of addresses) list.addAddress(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return list;
}
