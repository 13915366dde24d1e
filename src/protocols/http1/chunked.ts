/**
 * The chunked transfer coding, decoded. (RFC 9112 §7.1)
 *
 *     SIZE ─▶ EXTENSION … ─▶ SIZE_LF ─▶ DATA ─▶ DATA_CR ─▶ DATA_LF ─▶ SIZE
 *                               └─ size 0 ─▶ TRAILERS ─▶ ENDED
 *
 * Refused: sizes that are not plain hexadecimal or too large, extensions off the grammar, any line
 * end other than CRLF, data not followed by CRLF, framing fields among the trailers. Extensions and
 * trailers are checked, counted and dropped. (RFC 9112 §7.1.1, §7.1.2; RFC 9110 §6.5.1)
 */

import type { InputBuffer } from '../input-buffer.ts';
import { ProtocolError } from '../protocol-error.ts';
import { CONTENT_LENGTH, HOST, TRANSFER_ENCODING } from './field-names.ts';
import type { FieldSection } from './field-section.ts';
import {
  BACKSLASH,
  CR,
  EQUALS,
  FIELD_VALUE,
  HEX,
  HTAB,
  LF,
  QUOTE,
  QUOTED_TEXT,
  SEMICOLON,
  SP,
  TOKEN,
} from './grammar.ts';
import { type Http1Limits, MAX_CHUNK_DIGITS, MAX_CHUNK_EXTENSIONS } from './limits.ts';

const SIZE = 0;
const BEFORE_SEMICOLON = 1;
const BEFORE_NAME = 2;
const NAME = 3;
const AFTER_NAME = 4;
const BEFORE_VALUE = 5;
const VALUE = 6;
const QUOTED = 7;
const QUOTED_PAIR = 8;
const AFTER_VALUE = 9;
const SIZE_LF = 10;
const DATA = 11;
const DATA_CR = 12;
const DATA_LF = 13;
const TRAILERS = 14;
const ENDED = 15;

export class ChunkedDecoder {
  private readonly limits: Http1Limits;
  private state = SIZE;
  private digits = 0;
  /** Bytes of the current chunk still to come. */
  private remaining = 0;
  private total = 0;
  private extensions = 0;
  private readonly section: FieldSection;

  /** @param section - of the head, whose fields and bytes count with those of the trailers. */
  constructor(limits: Http1Limits, section: FieldSection) {
    this.limits = limits;
    this.section = section;
  }

  get ended(): boolean {
    return this.state === ENDED;
  }

  /** The next piece of content, or null when there is none now (see {@link ended}). */
  next(input: InputBuffer): Uint8Array | null {
    while (input.start < input.end && this.state !== ENDED) {
      if (this.state === DATA) {
        const data = input.take(this.remaining);
        this.remaining -= data.length;
        if (this.remaining === 0) this.state = DATA_CR;
        return data;
      }
      if (this.state === TRAILERS) {
        if (!this.readTrailers(input)) return null;
      } else {
        this.state = this.step(input.bytes[input.start++] as number);
      }
    }
    return null;
  }

  private step(byte: number): number {
    switch (this.state) {
      case SIZE:
        return this.size(byte);
      case SIZE_LF:
        if (byte !== LF) throw bareCr();
        return this.beginChunk();
      case DATA_CR:
        if (byte !== CR) throw unterminated();
        return DATA_LF;
      case DATA_LF:
        if (byte !== LF) throw unterminated();
        return SIZE;
      default:
        return this.extension(byte);
    }
  }

  private size(byte: number): number {
    const digit = HEX[byte] as number;
    if (digit !== 255) {
      this.remaining = this.remaining * 16 + digit;
      this.digits++;
      if (this.digits > MAX_CHUNK_DIGITS || this.remaining > Number.MAX_SAFE_INTEGER) {
        throw new ProtocolError('chunk-size-overflow', 400, 'the chunk size is too large');
      }
      return SIZE;
    }
    if (this.digits === 0) throw badSize();
    if (byte === CR) return SIZE_LF;
    if (byte === SEMICOLON || byte === SP || byte === HTAB)
      return this.extension(byte, BEFORE_SEMICOLON);
    throw badSize();
  }

  private beginChunk(): number {
    this.digits = 0;
    this.total += this.remaining;
    if (this.total > this.limits.maxBody) {
      throw new ProtocolError('body-too-large', 413, 'the content is too large');
    }
    if (this.remaining > 0) return DATA;
    this.section.begin(0, this.section.names.length, this.section.size);
    return TRAILERS;
  }

  /** One byte of `*( BWS ";" BWS name [ BWS "=" BWS value ] )`. */
  private extension(byte: number, state = this.state): number {
    if (++this.extensions > MAX_CHUNK_EXTENSIONS) {
      throw new ProtocolError('chunk-extensions-too-large', 413, 'too many chunk extensions');
    }
    const blank = byte === SP || byte === HTAB;
    const token = TOKEN[byte] === 1;
    switch (state) {
      case BEFORE_SEMICOLON:
        if (blank) return BEFORE_SEMICOLON;
        if (byte === SEMICOLON) return BEFORE_NAME;
        break;
      case BEFORE_NAME:
        if (blank) return BEFORE_NAME;
        if (token) return NAME;
        break;
      case NAME:
        if (token) return NAME;
        if (byte === EQUALS) return BEFORE_VALUE;
        return afterPart(byte, AFTER_NAME);
      case AFTER_NAME:
        if (blank) return AFTER_NAME;
        if (byte === EQUALS) return BEFORE_VALUE;
        if (byte === SEMICOLON) return BEFORE_NAME;
        break;
      case BEFORE_VALUE:
        if (blank) return BEFORE_VALUE;
        if (byte === QUOTE) return QUOTED;
        if (token) return VALUE;
        break;
      case VALUE:
        return token ? VALUE : afterPart(byte, BEFORE_SEMICOLON);
      case QUOTED:
        if (byte === QUOTE) return AFTER_VALUE;
        if (byte === BACKSLASH) return QUOTED_PAIR;
        if (QUOTED_TEXT[byte] === 1) return QUOTED;
        break;
      case QUOTED_PAIR:
        if (FIELD_VALUE[byte] === 1) return QUOTED;
        break;
      case AFTER_VALUE:
        return afterPart(byte, BEFORE_SEMICOLON);
    }
    throw badExtension(byte);
  }

  private readTrailers(input: InputBuffer): boolean {
    const { section } = this;
    const end = section.parse(input.bytes, input.start, input.end);
    if (end === -1) return false;
    if ((section.kinds & FRAMING) !== 0) {
      throw new ProtocolError('framing-field-in-trailers', 400, 'framing field in the trailers');
    }
    input.start = end;
    this.state = ENDED;
    return true;
  }
}

/** Fields that a recipient may act upon to its harm when they come after the content. */
const FRAMING = (1 << CONTENT_LENGTH) | (1 << TRANSFER_ENCODING) | (1 << HOST);

/** What may follow a complete name or value. */
function afterPart(byte: number, blankState: number): number {
  if (byte === CR) return SIZE_LF;
  if (byte === SEMICOLON) return BEFORE_NAME;
  if (byte === SP || byte === HTAB) return blankState;
  throw badExtension(byte);
}

function badSize(): ProtocolError {
  return new ProtocolError('bad-chunk-size', 400, 'the chunk size is malformed');
}

function badExtension(byte: number): ProtocolError {
  return (byte < SP && byte !== CR) || byte === 0x7f
    ? new ProtocolError('ctl-in-chunk-ext', 400, 'control character in a chunk extension')
    : new ProtocolError('bad-chunk-ext', 400, 'malformed chunk extension');
}

function bareCr(): ProtocolError {
  return new ProtocolError('bare-cr-chunk-line', 400, 'CR without LF in a chunk line');
}

function unterminated(): ProtocolError {
  return new ProtocolError(
    'chunk-data-not-crlf-terminated',
    400,
    'chunk data is not followed by CRLF',
  );
}
