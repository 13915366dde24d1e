/** FastCGI records as bytes; text is Latin-1. */
import type { Block, Pieces } from '../answer.ts';
import { pairText } from './pair-layout.ts';
import {
  BEGIN_REQUEST,
  BODY_LENGTH,
  END_REQUEST,
  GET_VALUES_RESULT,
  KEEP_CONN,
  MAX_CONTENT,
  NO_REQUEST,
  UNKNOWN_TYPE,
  VERSION,
} from './records.ts';

/** The header of a record without padding. (FastCGI 1.0 §3.3) */
export function recordHeader(type: number, id: number, length: number): string {
  return String.fromCharCode(VERSION, type, id >>> 8, id & 0xff, length >>> 8, length & 0xff, 0, 0);
}

/** A part of a stream, which is not empty: in as many records as it needs. */
export function streamRecords(type: number, id: number, block: Block): Pieces {
  if (block.length <= MAX_CONTENT) return record(type, id, block);
  const pieces: Block[] = [];
  for (let start = 0; start < block.length; start += MAX_CONTENT) {
    pieces.push(...record(type, id, part(block, start, start + MAX_CONTENT)));
  }
  return pieces;
}

function record(type: number, id: number, content: Block): Pieces {
  const header = recordHeader(type, id, content.length);
  return typeof content === 'string' ? [header + content] : [header, content];
}

function part(block: Block, start: number, end: number): Block {
  return typeof block === 'string' ? block.slice(start, end) : block.subarray(start, end);
}

/** The end of a stream: a record without content. */
export function streamEnd(type: number, id: number): string {
  return recordHeader(type, id, 0);
}

/** (FastCGI 1.0 §5.1) */
export function beginRequest(id: number, role: number, keepConnection: boolean): string {
  const flags = keepConnection ? KEEP_CONN : 0;
  return (
    recordHeader(BEGIN_REQUEST, id, BODY_LENGTH) +
    String.fromCharCode(role >>> 8, role & 0xff, flags, 0, 0, 0, 0, 0)
  );
}

/**
 * The end of a request. (FastCGI 1.0 §5.5)
 *
 * @param appStatus - 32 bits: 0 when all is well, as the exit status of a program.
 * @param protocolStatus - REQUEST_COMPLETE, or why the request was refused.
 */
export function endRequest(id: number, appStatus: number, protocolStatus: number): string {
  return (
    recordHeader(END_REQUEST, id, BODY_LENGTH) +
    String.fromCharCode(
      appStatus >>> 24,
      (appStatus >>> 16) & 0xff,
      (appStatus >>> 8) & 0xff,
      appStatus & 0xff,
      protocolStatus,
      0,
      0,
      0,
    )
  );
}

/** What the application knows of the variables that GET_VALUES asked for. (FastCGI 1.0 §4.1) */
export function valuesResult(values: readonly (readonly [name: string, value: string])[]): string {
  let text = '';
  for (const [name, value] of values) text += pairText(name, value);
  return recordHeader(GET_VALUES_RESULT, NO_REQUEST, text.length) + text;
}

/** The answer to a management record of a type that is not known. (FastCGI 1.0 §4.2) */
export function unknownType(type: number): string {
  return (
    recordHeader(UNKNOWN_TYPE, NO_REQUEST, BODY_LENGTH) +
    String.fromCharCode(type, 0, 0, 0, 0, 0, 0, 0)
  );
}
