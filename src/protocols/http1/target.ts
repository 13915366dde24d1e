/** Request targets and Host. (RFC 9112 §3.2, RFC 9110 §4.2 and §7.2) */
import { ProtocolError } from '../protocol-error.ts';

/** A request target, taken apart but not decoded. */
export interface Target {
  /** As in the origin form, without the query; empty for `*`. */
  readonly path: string;
  /** What follows the first `?`, or empty. */
  readonly query: string;
  /** The authority of an absolute-form target, which stands in for Host; else null. */
  readonly authority: string | null;
}

const ABSOLUTE = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?]*)(.*)$/;
const REG_NAME = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*(?::(\d*))?$/;
const IP_LITERAL = /^\[([0-9A-Fa-f:.]{2,45})\](?::(\d*))?$/;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/**
 * Tells whether a text is `uri-host [ ":" port ]`, without user information; it may be empty.
 * (RFC 9110 §7.2, RFC 3986 §3.2.2)
 */
export function isHost(value: string): boolean {
  const named = REG_NAME.exec(value);
  if (named !== null) return isPort(named[1]);
  const literal = IP_LITERAL.exec(value);
  return literal !== null && isIPv6(literal[1] as string) && isPort(literal[2]);
}

function isPort(digits: string | undefined): boolean {
  return digits === undefined || Number(digits) <= 65535;
}

/** IPv6address of RFC 3986 §3.2.2: eight groups, or fewer with one `::`; an IPv4 address may end it. */
function isIPv6(text: string): boolean {
  // An IPv4 address stands for two groups.
  const colon = text.lastIndexOf(':');
  const halves = (IPV4.test(text.slice(colon + 1)) ? `${text.slice(0, colon)}:0:0` : text).split(
    '::',
  );
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length < 8 : groups.length === 8;
}

/**
 * Takes a target apart.
 *
 * @param scheme - the scheme of the connection, which an absolute form has to agree with.
 * @throws {ProtocolError} for a form that does not go with the method, and for CONNECT (501).
 */
export function parseTarget(method: string, target: string, scheme: 'http' | 'https'): Target {
  if (target.charCodeAt(0) === 0x2f && method !== 'CONNECT') return splitQuery(target, null);
  if (method === 'CONNECT') {
    if (!/^[^:].*:[1-9]\d*$/.test(target) || !isHost(target)) throw badForm();
    throw new ProtocolError('connect', 501, 'CONNECT is not implemented');
  }
  if (target === '*' && method === 'OPTIONS') return { path: '', query: '', authority: null };
  const match = ABSOLUTE.exec(target);
  if (match === null) throw badForm();
  const [, given = '', authority = '', rest = ''] = match;
  if (!/^https?$/i.test(given)) throw badForm();
  if (authority === '' || authority.startsWith(':') || !isHost(authority)) {
    throw new ProtocolError('bad-target-authority', 400, 'bad authority in the request target');
  }
  if (given.toLowerCase() !== scheme) {
    throw new ProtocolError(
      'scheme-mismatch',
      421,
      'the target has another scheme than the connection',
    );
  }
  return splitQuery(rest.startsWith('/') ? rest : `/${rest}`, authority);
}

function splitQuery(target: string, authority: string | null): Target {
  const mark = target.indexOf('?');
  return mark === -1
    ? { path: target, query: '', authority }
    : { path: target.slice(0, mark), query: target.slice(mark + 1), authority };
}

function badForm(): ProtocolError {
  return new ProtocolError(
    'bad-target-form',
    400,
    'the request target has no form that fits the method',
  );
}
