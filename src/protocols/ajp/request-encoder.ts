import { decodePath, encodePath } from '../../wsgi/environ.ts';
import { UNKNOWN_LENGTH, type Variables, variable } from '../cgi/variables.ts';
import { ProtocolError } from '../protocol-error.ts';
import * as codes from './codes.ts';
import { PACKET_HEADER } from './limits.ts';
import { byte, integer, requestPacket, text } from './packet-text.ts';
import { isPath } from './paths.ts';

/** Meta-variables that are headers, but not named after one. */
const CONTENT_FIELDS: readonly (readonly [variable: string, header: string])[] = [
  ['CONTENT_TYPE', 'content-type'],
  ['CONTENT_LENGTH', 'content-length'],
];

/** What CONTENT_TYPE and CONTENT_LENGTH say already, or what this hop says for itself. */
const LEFT_OUT = new Set(['HTTP_CONTENT_TYPE', 'HTTP_CONTENT_LENGTH', 'HTTP_TRANSFER_ENCODING']);

const ATTRIBUTES: readonly (readonly [code: number, variable: string])[] = [
  [codes.REMOTE_USER, 'REMOTE_USER'],
  [codes.AUTH_TYPE, 'AUTH_TYPE'],
  [codes.QUERY_STRING, 'QUERY_STRING'],
  [codes.SSL_CERT, 'SSL_CLIENT_CERT'],
  [codes.SSL_CIPHER, 'SSL_CIPHER'],
  [codes.SSL_SESSION, 'SSL_SESSION_ID'],
];

const NAMED_ATTRIBUTES: readonly (readonly [name: string, variable: string])[] = [
  ['AJP_REMOTE_PORT', 'REMOTE_PORT'],
  ['AJP_LOCAL_ADDR', 'SERVER_ADDR'],
  ['AJP_SSL_PROTOCOL', 'SSL_PROTOCOL'],
];

/**
 * Puts a request into a FORWARD_REQUEST packet. (AJPv13 reference, Request Packet Structure)
 *
 * @param length - bytes of its content, or UNKNOWN_LENGTH when only its end will tell.
 * @throws {ProtocolError} 431 when it does not fit into a packet, 400 when a value cannot be carried.
 */
export function forwardRequest(
  variables: Variables,
  length: number,
  secret: string | null,
  maxPacket: number,
): string {
  const value = (name: string) => checked(variable(variables, name), name);
  const method = value('REQUEST_METHOD') ?? 'GET';
  const code = codes.methodCode(method);
  let payload = byte(codes.FORWARD_REQUEST) + byte(code);
  payload += text(value('SERVER_PROTOCOL') ?? 'HTTP/1.1') + text(path(value));
  payload += text(value('REMOTE_ADDR') ?? '') + text(value('REMOTE_HOST') ?? null);
  payload += text(value('SERVER_NAME') ?? '') + integer(Number(value('SERVER_PORT')) & 0xffff);
  payload += byte(isSecure(value) ? 1 : 0);
  payload += headers(variables, length);
  if (code === codes.STORED_METHOD) payload += byte(codes.METHOD) + text(method);
  if (secret !== null) payload += byte(codes.SECRET) + text(checked(secret, 'secret') ?? '');
  payload += attributes(value) + byte(codes.ATTRIBUTES_END);
  if (payload.length > maxPacket - PACKET_HEADER) {
    throw new ProtocolError(
      'request-head-too-large',
      431,
      `the head of a request must fit into one packet of ${maxPacket} bytes`,
    );
  }
  return requestPacket(payload);
}

type Values = (name: string) => string | undefined;

/** REQUEST_URI's path where it is still that of the request; else SCRIPT_NAME and PATH_INFO, encoded. */
function path(value: Values): string {
  const decoded = (value('SCRIPT_NAME') ?? '') + (value('PATH_INFO') ?? '');
  const [sent = ''] = (value('REQUEST_URI') ?? '').split('?', 1);
  if (sent === '*' && decoded === '') return sent;
  return isPath(sent) && decodePath(sent) === decoded ? sent : encodePath(decoded || '/');
}

function isSecure(value: Values): boolean {
  return /^(?:on|1|yes)$/i.test(value('HTTPS') ?? '') || value('REQUEST_SCHEME') === 'https';
}

function headers({ names, values }: Variables, length: number): string {
  let count = 0;
  let list = '';
  const add = (name: string, value: string) => {
    const code = codes.requestHeaderCodes.get(name);
    list += code === undefined ? text(name) : byte(codes.HEADER_CODE) + byte(code);
    list += text(value);
    count++;
  };
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as string;
    if (!name.startsWith('HTTP_') || LEFT_OUT.has(name)) continue;
    const header = name.slice('HTTP_'.length).toLowerCase().replaceAll('_', '-');
    add(header, checked(values[index], name) as string);
  }
  for (const [name, header] of CONTENT_FIELDS) {
    const index = names.indexOf(name);
    const value = index === -1 ? '' : (checked(values[index], name) as string);
    if (value !== '') add(header, value);
  }
  if (length === UNKNOWN_LENGTH) add('transfer-encoding', 'chunked');
  return integer(count) + list;
}

function attributes(value: Values): string {
  let list = '';
  for (const [code, name] of ATTRIBUTES) {
    const content = value(name);
    if (content !== undefined && content !== '') list += byte(code) + text(content);
  }
  const keySize = value('SSL_CIPHER_USEKEYSIZE');
  if (keySize !== undefined && /^\d{1,4}$/.test(keySize)) {
    list += byte(codes.SSL_KEY_SIZE) + integer(Number(keySize));
  }
  for (const [name, variable] of NAMED_ATTRIBUTES) {
    const content = value(variable);
    if (content !== undefined && content !== '') {
      list += byte(codes.NAMED) + text(name) + text(content);
    }
  }
  return list;
}

/** A value as it is, if the protocol can carry it: octets, no control characters but in certificates. */
function checked(value: string | undefined, name: string): string | undefined {
  if (value === undefined) return value;
  const allowed = name === 'SSL_CLIENT_CERT' ? CERTIFICATE : TEXT;
  if (allowed.test(value)) return value;
  throw new ProtocolError('bad-variable', 400, `${name} has a character that AJP cannot carry`);
}

const TEXT = /^[\t\x20-\x7e\x80-\xff]*$/;
const CERTIFICATE = /^[\t\n\r\x20-\x7e]*$/;
