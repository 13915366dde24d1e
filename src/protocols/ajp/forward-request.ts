/**
 * FORWARD_REQUEST: a request's head in one packet, as meta-variables.
 * (AJPv13 reference, Request Packet Structure)
 *
 * Refused: headers that could frame the content in two ways, fields that may stand once and repeat,
 * paths that do not begin with a slash, attributes that repeat, and bytes behind the last attribute.
 *
 * Attributes that only name something (`request_attribute`) are read where Apache's modules have put
 * what the protocol has no place for. All others are dropped: taken for more than a claim of the peer's,
 * they let it choose the files that Tomcat served. (CVE-2020-1938)
 */
import { decodePath, encodePath } from '../../wsgi/environ.ts';
import { type FieldName, HOST, SINGLE } from '../http1/field-names.ts';
import { framing } from '../http1/framing.ts';
import { MAX_METHOD } from '../http1/limits.ts';
import { ProtocolError } from '../protocol-error.ts';
import * as codes from './codes.ts';
import type { AjpLimits } from './limits.ts';
import { isPath, isPlainPath } from './paths.ts';
import { headerName, type Payload } from './payload.ts';

/** A request, as its head says. */
export interface ForwardRequest {
  readonly names: readonly string[];
  readonly values: readonly string[];
  /** Bytes of content to come: 0 without any, -1 when only its end will tell. */
  readonly contentLength: number;
  /** What the peer proves by that it may ask. */
  readonly secret: string | null;
}

interface Fields {
  readonly names: readonly FieldName[];
  readonly values: readonly string[];
}

/** Attributes by their number, and the meta-variables of those that only have a name. */
interface Attributes {
  readonly coded: readonly (string | null | undefined)[];
  readonly named: ReadonlyMap<string, string>;
}

const VARIABLES: readonly (readonly [code: number, name: string])[] = [
  [codes.REMOTE_USER, 'REMOTE_USER'],
  [codes.AUTH_TYPE, 'AUTH_TYPE'],
  [codes.SSL_CERT, 'SSL_CLIENT_CERT'],
  [codes.SSL_CIPHER, 'SSL_CIPHER'],
  [codes.SSL_SESSION, 'SSL_SESSION_ID'],
  [codes.SSL_KEY_SIZE, 'SSL_CIPHER_USEKEYSIZE'],
];

const NAMED_VARIABLES: ReadonlyMap<string, string> = new Map([
  ['AJP_REMOTE_PORT', 'REMOTE_PORT'],
  ['AJP_LOCAL_ADDR', 'SERVER_ADDR'],
  ['AJP_SSL_PROTOCOL', 'SSL_PROTOCOL'],
  ['JK_LB_ACTIVATION', 'JK_LB_ACTIVATION'],
]);

/**
 * Reads the packet behind its prefix code.
 *
 * @param decoded - the peer sends paths decoded, as lighttpd does.
 * @throws {ProtocolError} 400 for what is malformed; 413, 431 beyond a limit; 501 for a transfer coding.
 */
export function readForwardRequest(
  payload: Payload,
  limits: AjpLimits,
  decoded: boolean,
): ForwardRequest {
  const code = payload.byte();
  const protocol = payload.text();
  const uri = payload.text();
  const address = payload.text();
  const host = payload.text();
  const serverName = payload.text();
  const serverPort = payload.integer();
  const secure = payload.byte() !== 0;
  const fields = readFields(payload, limits.maxFields);
  const attributes = readAttributes(payload);
  const { coded, named } = attributes;
  const method = methodOf(payload, code, coded[codes.METHOD]);
  const query = coded[codes.QUERY_STRING] ?? null;
  if (!protocol) throw payload.refusal('missing-protocol', 'the request has no protocol');

  const names: string[] = [];
  const values: string[] = [];
  const add = (name: string, value: string | null | undefined) => {
    if (value == null) return;
    names.push(name);
    values.push(value);
  };
  const path = pathOf(payload, method, uri, decoded);
  add('REQUEST_METHOD', method);
  add('REQUEST_URI', query === null ? path.raw : `${path.raw}?${query}`);
  add('SCRIPT_NAME', '');
  add('PATH_INFO', path.decoded);
  add('QUERY_STRING', query ?? '');
  add('SERVER_PROTOCOL', protocol);
  add('SERVER_NAME', serverName);
  add('SERVER_PORT', String(serverPort));
  add('REMOTE_ADDR', address);
  add('REMOTE_HOST', host);
  if (secure) add('HTTPS', 'on');
  for (const [attribute, name] of VARIABLES) add(name, coded[attribute]);
  for (const [name, value] of named) add(name, value);
  refuseRepeated(payload, fields);
  const contentLength = framing(fields, 1, limits.maxBody) ?? 0;
  for (let index = 0; index < fields.names.length; index++) {
    const key = (fields.names[index] as FieldName).environKey;
    if (key !== null) add(key, fields.values[index]);
  }
  return { names, values, contentLength, secret: coded[codes.SECRET] ?? null };
}

function readFields(payload: Payload, maxFields: number): Fields {
  const count = payload.integer();
  if (count > maxFields) {
    throw new ProtocolError('too-many-fields', 431, 'the header fields are too many');
  }
  const names: FieldName[] = [];
  const values: string[] = [];
  for (let index = 0; index < count; index++) {
    names.push(payload.headerName(requestHeader));
    values.push(payload.text() ?? '');
  }
  return { names, values };
}

const requestHeaders = new Map<number, FieldName>();

function requestHeader(code: number): FieldName | undefined {
  const known = requestHeaders.get(code);
  const name = known === undefined ? codes.requestHeaderOf(code) : undefined;
  if (name === undefined) return known;
  const made = headerName(name);
  requestHeaders.set(code, made);
  return made;
}

/** The size of an SSL key is a number from Apache's modules and a text from lighttpd. */
function readAttributes(payload: Payload): Attributes {
  const { at } = payload;
  try {
    return attributes(payload, (payload) => String(payload.integer()));
  } catch (error) {
    payload.at = at;
    try {
      return attributes(payload, (payload) => payload.text());
    } catch {
      throw error;
    }
  }
}

function attributes(payload: Payload, keySize: (payload: Payload) => string | null): Attributes {
  const coded: (string | null | undefined)[] = [];
  const named = new Map<string, string>();
  for (let code = payload.byte(); code !== codes.ATTRIBUTES_END; code = payload.byte()) {
    if (code === codes.NAMED) {
      addNamed(payload, named);
    } else {
      if (coded[code] !== undefined) throw repeated(payload);
      if (code === codes.SSL_KEY_SIZE) coded[code] = keySize(payload);
      else coded[code] = code === codes.SSL_CERT ? payload.lines() : payload.text();
    }
  }
  if (payload.length > 0) throw payload.refusal('surplus-bytes', 'bytes behind the attributes');
  return { coded, named };
}

function addNamed(payload: Payload, named: Map<string, string>): void {
  const key = NAMED_VARIABLES.get(payload.text() ?? '');
  const value = payload.lines();
  if (key === undefined || value === null) return;
  if (named.has(key)) throw repeated(payload);
  if (/[\x00-\x1f\x7f]/.test(value)) {
    throw payload.refusal('ctl-in-text', 'control character in a text');
  }
  named.set(key, value);
}

function repeated(payload: Payload): ProtocolError {
  return payload.refusal('repeated-attribute', 'an attribute is repeated');
}

function methodOf(payload: Payload, code: number, stored: string | null | undefined): string {
  const method = code === codes.STORED_METHOD ? stored : codes.methodOf(code);
  if (method == null || method.length > MAX_METHOD || !/^[!#$%&'*+\-.^_`|~\w]+$/.test(method)) {
    throw payload.refusal('bad-method', 'the method is no token');
  }
  if (stored != null && stored !== method) {
    throw payload.refusal('bad-method', 'the request has two methods');
  }
  return method;
}

/** The path as it was sent, and decoded once. */
function pathOf(payload: Payload, method: string, uri: string | null, decoded: boolean) {
  if (uri === '*' && method === 'OPTIONS') return { raw: uri, decoded: '' };
  if (uri === null || !(decoded ? isPlainPath(uri) : isPath(uri))) {
    throw payload.refusal('bad-target-form', 'the request target is no path');
  }
  return decoded ? { raw: encodePath(uri), decoded: uri } : { raw: uri, decoded: decodePath(uri) };
}

function refuseRepeated(payload: Payload, { names }: Fields): void {
  const seen = new Set<string>();
  for (const { kind, lower } of names) {
    if (kind !== SINGLE && kind !== HOST) continue;
    if (seen.has(lower)) {
      throw payload.refusal('repeated-field', 'a field that may stand once is repeated');
    }
    seen.add(lower);
  }
}
