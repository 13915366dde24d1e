/** Packets as text of Latin-1: heads are made of texts, and V8 joins those faster than buffers. */
import { FROM_CONTAINER, TO_CONTAINER } from './packet-input.ts';

const ANSWER = integer(FROM_CONTAINER);
const REQUEST = integer(TO_CONTAINER);

/** A packet from the container. */
export function answerPacket(payload: string): string {
  return ANSWER + integer(payload.length) + payload;
}

/** A packet to the container. */
export function requestPacket(payload: string): string {
  return requestPacketStart(payload.length) + payload;
}

/** What precedes the payload in a packet to the container. */
export function requestPacketStart(length: number): string {
  return REQUEST + integer(length);
}

/** What precedes `size` bytes of data in a packet that sends a piece of an answer's content. */
export function chunkStart(size: number): string {
  // Number, length, data, NUL.
  return `${ANSWER + integer(size + 4)}\x03${integer(size)}`;
}

/** A number of a packet, an attribute or a method. */
export function byte(value: number): string {
  return String.fromCharCode(value);
}

/** Two bytes, the higher one first. */
export function integer(value: number): string {
  return String.fromCharCode(value >> 8, value & 0xff);
}

/** A length, so many octets, and NUL; two bytes of all ones where there is no text. */
export function text(value: string | null): string {
  return value === null ? '\xff\xff' : `${integer(value.length) + value}\0`;
}
