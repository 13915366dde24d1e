/**
 * Name-value pairs. (FastCGI 1.0 §3.4)
 *
 * Refused: pairs that their stream ends in, and more of them than the limits allow, which the lengths
 * tell before the bytes have come.
 */
import type { MetaRequestLimits } from '../cgi/limits.ts';
import { type Variables, variableName } from '../cgi/variables.ts';
import { InputBuffer } from '../input-buffer.ts';
import { latin1 } from '../latin1.ts';
import { ProtocolError } from '../protocol-error.ts';
import { lengthSize, readLength } from './pair-layout.ts';
import type { RepeatedPairs } from './repeated-pairs.ts';

/** Decodes a stream of pairs, however it is cut into records and those into reads. */
export class PairDecoder {
  private readonly limits: MetaRequestLimits;
  private readonly repeated: RepeatedPairs | null;
  private readonly input = new InputBuffer();
  private names: string[] = [];
  private values: string[] = [];
  /** All of them, where they are those of an earlier stream. */
  private known: Variables | null = null;
  private size = 0;
  private pieces = 0;

  /** @param repeated - knows the pairs of earlier streams, and gets to know these. */
  constructor(limits: MetaRequestLimits, repeated: RepeatedPairs | null = null) {
    this.limits = limits;
    this.repeated = repeated;
  }

  /**
   * Takes the next bytes, which must not change afterwards.
   *
   * @throws {ProtocolError} (status 431) over a limit.
   */
  push(bytes: Uint8Array): void {
    const room = this.limits.maxVariableBytes - this.size;
    this.size += bytes.length;
    if (this.pieces++ === 0) {
      this.known = this.repeated?.find(bytes) ?? null;
      if (this.known !== null) return;
    } else if (this.known !== null) {
      this.names = [...this.known.names];
      this.values = [...this.known.values];
      this.known = null;
    }
    // Up to the limit even then: which one is broken first must not depend on the cut.
    this.input.push(bytes.length > room ? bytes.subarray(0, room) : bytes);
    this.decode();
    if (bytes.length > room) throw tooLarge();
  }

  /** @throws {ProtocolError} (status 400) when the stream ended within a pair. */
  end(): Variables {
    if (this.known !== null) return this.known;
    const { input, names, values } = this;
    if (input.length > 0) {
      throw new ProtocolError('bad-variables', 400, 'the variables end within a pair');
    }
    const pairs = { names, values };
    if (this.pieces === 1) this.repeated?.learn(input.bytes, pairs);
    return pairs;
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

function tooLarge(): ProtocolError {
  return new ProtocolError('variables-too-large', 431, 'the variables take too many bytes');
}

function tooMany(): ProtocolError {
  return new ProtocolError('too-many-variables', 431, 'too many variables');
}
