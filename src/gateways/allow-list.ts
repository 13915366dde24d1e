import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { ConfigurationError } from './options.ts';

/**
 * The peers that a list of addresses and networks (`10.0.0.0/8`) names; null when it has `*`.
 *
 * @throws {ConfigurationError} for an entry that is neither.
 */
export function allowList(entries: readonly string[]): BlockList | null {
  if (entries.includes('*')) return null;
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix, ...rest] = entry.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    const longest = family === 'ipv4' ? 32 : 128;
    const bits = prefix === undefined ? longest : Number(/^\d{1,3}$/.test(prefix) ? prefix : -1);
    if ((family === 'ipv6' && !isIPv6(address)) || bits < 0 || bits > longest || rest.length > 0) {
      throw new ConfigurationError(
        `option 'allowFrom' (--allow-from) has ${JSON.stringify(entry)}; expected an IP address, a network such as 10.0.0.0/8, or *`,
      );
    }
    list.addSubnet(address, bits, family);
  }
  return list;
}
