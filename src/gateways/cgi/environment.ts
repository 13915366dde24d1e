import { readFileSync } from 'node:fs';
import { type Variables, variableName } from '../../protocols/cgi/variables.ts';
import { latin1 } from '../../protocols/latin1.ts';

const EQUALS = 0x3d;

/**
 * The meta-variables of the request that this process was started for: its environment. (RFC 3875 §7.2)
 *
 * As octets, in Latin-1. Node.js takes the environment for UTF-8 and destroys what is none, so it is read
 * from the system where that offers it (Linux); elsewhere valid UTF-8 is encoded again.
 */
export function environment(): Variables {
  try {
    return readVariables(readFileSync('/proc/self/environ'));
  } catch {
    const entries = Object.entries(process.env).map(([name, value]) => `${name}=${value}\0`);
    return readVariables(Buffer.from(entries.join('')));
  }
}

/** Reads `NAME=value` texts, each ended by NUL. */
export function readVariables(bytes: Uint8Array): Variables {
  const names: string[] = [];
  const values: string[] = [];
  for (let start = 0, end = 0; start < bytes.length; start = end + 1) {
    end = bytes.indexOf(0, start);
    if (end === -1) end = bytes.length;
    const equals = bytes.indexOf(EQUALS, start);
    if (equals === -1 || equals >= end) continue;
    names.push(variableName(bytes, start, equals));
    values.push(latin1(bytes, equals + 1, end));
  }
  return { names, values };
}
