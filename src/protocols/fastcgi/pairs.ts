/**
 * Name-value pairs. (FastCGI 1.0 §3.4)
 *
 * Refused: pairs that their stream ends in, and more of them than the limits allow, which the lengths
 * tell before the bytes have come.
 */
import type { MetaRequestLimits } from '../cgi/limits.ts';
import { variableName } from '../cgi/variables.ts';
import { InputBuffer } from '../input-buffer.ts';
import { latin1 } from '../latin1.ts';
import { ProtocolError } from '../protocol-error.ts';

/** Decodes a stream of pairs, however it is cut into records and those into reads. */
export class PairDecoder {
  readonly names: string[] = [];
  readonly values: string[] = [];
  private readonly limits: MetaRequestLimits;
  private readonly input = new InputBuffer();
  private size = 0;

  constructor(limits: MetaRequestLimits) {
    this.limits = limits;
  }

  /**
   * Takes the next bytes, which must not change afterwards.
   *
   * @throws {ProtocolError} (status 431) over a limit.
   */
  push(bytes: Uint8Array): void {
    const room = this.limits.maxVariableBytes - this.size;
    this.size += bytes.length;
    // Up to the limit even then: which one is broken first must not depend on the cut.
    this.input.push(bytes.length > room ? bytes.subarray(0, room) : bytes);
    this.decode();
    if (bytes.length > room) throw tooLarge();
  }

  /** @throws {ProtocolError} (status 400) when the stream ended within a pair. */
  end(): void {
    if (this.input.length > 0) {
      throw new ProtocolError('bad-variables', 400, 'the variables end within a pair');
    }
  }

  /** Decodes the pairs that are there from their first byte to their last. */
  private decode(): void {
    const { input, names, values } = this;
    const { bytes, start, end } = input;
    // One text for all of a record: values are cut from it, where a conversion for each costs more.
    let text: string | null = null;
    while (input.start < end) {
      const valueLengthAt = input.start + lengthSize(bytes, input.start);
      if (valueLengthAt >= end) return;
      const nameStart = valueLengthAt + lengthSize(bytes, valueLengthAt);
      if (nameStart > end) return;
      const nameLength = readLength(bytes, input.start);
      const valueLength = readLength(bytes, valueLengthAt);
      if (nameLength + valueLength > this.limits.maxVariableBytes) throw tooLarge();
      const valueStart = nameStart + nameLength;
      const valueEnd = valueStart + valueLength;
      if (valueEnd > end) return;
      if (names.length >= this.limits.maxVariables) throw tooMany();
      text ??= latin1(bytes, start, end);
      names.push(variableName(bytes, nameStart, valueStart));
      values.push(text.slice(valueStart - start, valueEnd - start));
      input.start = valueEnd;
    }
  }
}

/** A pair as text. */
export function pairText(name: string, value: string): string {
  return lengthText(name.length) + lengthText(value.length) + name + value;
}

const LONG = 0x80;

function lengthSize(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) < LONG ? 1 : 4;
}

function readLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < LONG) return first;
  let length = first & 0x7f;
  for (let index = 1; index < 4; index++) length = (length << 8) | (bytes[at + index] as number);
  return length;
}

function lengthText(length: number): string {
  if (length < LONG) return String.fromCharCode(length);
  return String.fromCharCode(
    (length >>> 24) | LONG,
    (length >>> 16) & 0xff,
    (length >>> 8) & 0xff,
    length & 0xff,
  );
}

function tooLarge(): ProtocolError {
  return new ProtocolError('variables-too-large', 431, 'the variables take too many bytes');
}

function tooMany(): ProtocolError {
  return new ProtocolError('too-many-variables', 431, 'too many variables');
}
