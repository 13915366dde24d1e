/** What the header section of a request says of the request. (RFC 9112 §3.2, §6.3 and §9.3) */
import { ProtocolError } from '../protocol-error.ts';
import {
  CONNECTION,
  CONTENT_LENGTH,
  EXPECT,
  type FieldName,
  type Fields,
  HOST,
  SINGLE,
  TRANSFER_ENCODING,
} from './field-names.ts';
import { framing, persists } from './framing.ts';
import { isHost } from './target.ts';

export interface RequestFields extends Fields {
  /** The Host field; null when HTTP/1.0 gave none. */
  readonly host: string | null;
  readonly contentLength: number;
  readonly keepAlive: boolean;
  readonly expectContinue: boolean;
}

const FRAMED = (1 << CONTENT_LENGTH) | (1 << TRANSFER_ENCODING);

/**
 * Checks the fields that this layer acts upon, and reads them.
 *
 * @param kinds - a bit for each kind of field there is.
 * @param checkedHost - a Host that is known to be well-formed.
 */
export function requestFields(
  fields: Fields,
  kinds: number,
  minor: number,
  maxBody: number,
  checkedHost: string | null,
): RequestFields {
  const has = (mask: number) => (kinds & mask) !== 0;
  const host = hostField(fields, minor, checkedHost);
  if (has(1 << SINGLE)) refuseRepeated(fields);
  const contentLength = has(FRAMED) ? (framing(fields, minor, maxBody) ?? 0) : 0;
  return {
    names: fields.names,
    values: fields.values,
    host,
    contentLength,
    keepAlive: has(1 << CONNECTION) ? persists(fields, minor) : minor === 1,
    // HTTP/1.0 has no interim responses, and without content there is nothing to wait for.
    expectContinue: has(1 << EXPECT) && minor === 1 && expects100(fields) && contentLength !== 0,
  };
}

function hostField(
  { names, values }: Fields,
  minor: number,
  checkedHost: string | null,
): string | null {
  let host: string | null = null;
  for (let index = 0; index < names.length; index++) {
    if ((names[index] as FieldName).kind !== HOST) continue;
    if (host !== null) throw new ProtocolError('several-host', 400, 'more than one Host field');
    host = values[index] as string;
  }
  if (host === null) {
    if (minor === 0) return null;
    throw new ProtocolError('missing-host', 400, 'HTTP/1.1 without a Host field');
  }
  if (host !== checkedHost && !isHost(host)) {
    throw new ProtocolError('bad-host', 400, 'the Host field is malformed');
  }
  return host;
}

function refuseRepeated({ names }: Fields): void {
  const seen = new Set<string>();
  for (const { kind, lower } of names) {
    if (kind !== SINGLE) continue;
    if (seen.has(lower)) {
      throw new ProtocolError('repeated-field', 400, 'a field that may stand once is repeated');
    }
    seen.add(lower);
  }
}

/** Whether the client waits for 100. (RFC 9110 §10.1.1) */
function expects100({ names, values }: Fields): boolean {
  for (let index = 0; index < names.length; index++) {
    if ((names[index] as FieldName).kind !== EXPECT) continue;
    if ((values[index] as string).toLowerCase() !== '100-continue') {
      throw new ProtocolError('bad-expectation', 417, 'the expectation cannot be met');
    }
  }
  return true;
}
