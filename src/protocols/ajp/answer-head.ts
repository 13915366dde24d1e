import type { ClientEvent } from '../client-codec.ts';
import type { FieldName } from '../http1/field-names.ts';
import { ProtocolError } from '../protocol-error.ts';
import { responseHeaderOf } from './codes.ts';
import { headerName, type Payload } from './payload.ts';

/**
 * Reads SEND_HEADERS behind its prefix code.
 *
 * @throws {ProtocolError} 502 for a status that is none, and for what is malformed.
 */
export function readAnswerHead(payload: Payload, maxFields: number): ClientEvent {
  const status = payload.integer();
  const text = payload.text() ?? '';
  // Containers repeat the code where there is no reason: mod_jk needs some text.
  const reason = text === String(status) ? '' : text;
  const count = payload.integer();
  if (status < 200 || status > 999) {
    throw payload.refusal('bad-status', 'the status of an answer is no number of three digits');
  }
  if (count > maxFields) {
    throw new ProtocolError('too-many-fields', 502, 'the header fields are too many');
  }
  const headers: [string, string][] = [];
  for (let index = 0; index < count; index++) {
    headers.push([payload.headerName(responseHeader).name, payload.text() ?? '']);
  }
  return { type: 'head', status, reason, headers };
}

function responseHeader(code: number): FieldName | undefined {
  const name = responseHeaderOf(code);
  return name === undefined ? undefined : headerName(name);
}
