/**
 * What server and worker say to each other; `python/wizgi_worker/messages.py` is the other end.
 *
 * To the worker go frames of a 32-bit length and a list in marshal's format. A request is a tuple of
 * four, a control message one of three: (operation, request, argument).
 *
 * From the worker come frames of a type, a request and two numbers. For types below 16 the numbers are
 * the sizes of a text and of content, which follow.
 */
import { octets } from '../wsgi/blocks.ts';
import { bytesHead, int, int32, listHead, NONE, tupleHead } from './marshal.ts';

/** Types of frames from a worker: with text and content below 16, else with two numbers. */
export const FROM = {
  READY: 1,
  FAILED: 2,
  ANSWER: 3,
  BEGIN: 4,
  BLOCK: 5,
  ERROR: 6,
  FILE: 7,
  CALL: 8,
  CALL_INPUT: 9,
  MODULES: 10,
  LATE_ERROR: 11,
  FINDING: 12,
  END: 16,
  RETURNED: 17,
  TIME: 18,
  WANT: 19,
  CALL_INPUT_END: 20,
  CALL_TAKEN: 21,
  CALL_CLOSE: 22,
  FORKED: 23,
  EXITED: 24,
} as const;

/** What a reader makes of an ANSWER that is not there whole, and no worker sends; BLOCKs and END follow. */
export const OPENING = 0;

/** Operations of control messages to a worker. */
export const TO = {
  STOP: 0,
  CREDIT: 1,
  CANCEL: 2,
  INPUT: 3,
  INPUT_END: 4,
  FILE_TAKEN: 5,
  CALL_HEAD: 6,
  CALL_BLOCK: 7,
  CALL_END: 8,
  CALL_ERROR: 9,
  CALL_WANT_INPUT: 10,
  FORK: 11,
} as const;

export type Operation = (typeof TO)[keyof typeof TO];

/** Bytes of an answer that a worker sends before it is asked for more. */
export const WINDOW = 256 * 1024;
/** The largest content of a frame. */
const MAX_CONTENT = 16 * 1024 * 1024;
const MAX_TEXT = 16 * 1024 * 1024;

const FRAME_SIZE = 13;

/** What a {@link FrameReader} found. */
export interface FrameSink {
  /**
   * A frame whose text is in `data` from `text` to `content`, its content from there to `end`; `data`
   * is good for this call only.
   */
  frame(type: number, id: number, data: Buffer, text: number, content: number, end: number): void;
  /** A frame with two numbers. */
  numbers(type: number, id: number, first: number, second: number): void;
}

/** What came through a channel is no message. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError';
}

/** Cuts what a worker sends into frames. */
export class FrameReader {
  private readonly sink: FrameSink;
  private rest: Buffer | null = null;
  /** The answer whose content is being received in pieces, and how much of it is to come. */
  private id = 0;
  private left = 0;
  private last = false;

  constructor(sink: FrameSink) {
    this.sink = sink;
  }

  /** @throws {ChannelError} for what no worker says. */
  push(chunk: Buffer): void {
    const data = this.rest === null ? chunk : Buffer.concat([this.rest, chunk]);
    const end = this.read(data);
    // Copied: the memory of what was pushed may be filled anew.
    this.rest = end === data.length ? null : Buffer.from(data.subarray(end));
  }

  /** Reads as many frames as there are; gives where it stopped. */
  private read(data: Buffer): number {
    let at = 0;
    while (at < data.length) {
      if (this.left > 0) {
        at += this.readPiece(data, at);
        continue;
      }
      if (data.length - at < FRAME_SIZE) break;
      const type = data[at] as number;
      const id = data.readUInt32LE(at + 1);
      const first = data.readUInt32LE(at + 5);
      const second = data.readUInt32LE(at + 9);
      if (type >= FROM.END) {
        this.sink.numbers(type, id, first, second);
        at += FRAME_SIZE;
        continue;
      }
      if (type === 0 || first > MAX_TEXT || second > MAX_CONTENT) {
        throw new ChannelError('the worker sent something that is no message');
      }
      const text = at + FRAME_SIZE;
      const content = text + first;
      if (data.length < content) break;
      if (data.length < content + second) {
        // An answer need not be there whole, and may be large.
        if (type < FROM.ANSWER || type > FROM.BLOCK || content === data.length) break;
        this.id = id;
        this.left = second;
        this.last = type === FROM.ANSWER;
        const kind = type === FROM.ANSWER ? OPENING : type;
        this.left -= data.length - content;
        this.sink.frame(kind, id, data, text, content, data.length);
        return data.length;
      }
      at = content + second;
      this.sink.frame(type, id, data, text, content, at);
    }
    return at;
  }

  private readPiece(data: Buffer, at: number): number {
    const size = Math.min(this.left, data.length - at);
    this.left -= size;
    this.sink.frame(FROM.BLOCK, this.id, data, at, at, at + size);
    if (this.left === 0 && this.last) this.sink.numbers(FROM.END, this.id, 0, 0);
    return size;
  }
}

/** Bytes up to this size are joined to the text around them. */
const SMALL = 8 * 1024;

/** Gathers the messages of a turn of the event loop into one frame. */
export class FrameWriter {
  private text = '';
  private readonly parts: (string | Uint8Array)[] = [];
  private size = 0;
  /** Messages that wait. */
  count = 0;

  /** Adds a request; `environ` is a dict in marshal's format. */
  request(id: number, environ: string, body: Uint8Array, streamed: boolean): void {
    this.count++;
    this.text += REQUEST_HEAD + int(id) + environ;
    this.bytes(body);
    this.text += streamed ? 'T' : 'F';
  }

  /** Adds a control message; the argument is a value in marshal's format, or bytes. */
  control(operation: Operation, id: number, argument: string | Uint8Array = NONE): void {
    this.count++;
    this.text += CONTROL_HEAD + int(operation) + int(id);
    if (typeof argument === 'string') this.text += argument;
    else this.bytes(argument);
  }

  /** The frame, in pieces; texts are Latin-1. */
  take(): (string | Uint8Array)[] {
    this.split();
    const list = listHead(this.count);
    const pieces = this.parts.splice(0);
    const head = int32(this.size + list.length) + list;
    this.size = this.count = 0;
    if (typeof pieces[0] === 'string') pieces[0] = head + pieces[0];
    else pieces.unshift(head);
    return pieces;
  }

  private bytes(data: Uint8Array): void {
    this.text += bytesHead(data.length);
    if (data.length <= SMALL) {
      if (data.length > 0) this.text += octets(data);
      return;
    }
    this.split();
    this.parts.push(data);
    this.size += data.length;
  }

  private split(): void {
    if (this.text === '') return;
    this.parts.push(this.text);
    this.size += this.text.length;
    this.text = '';
  }
}

const REQUEST_HEAD = tupleHead(4);
const CONTROL_HEAD = tupleHead(3);

/** A frame of one message, a value in marshal's format; as Latin-1. */
export function frameOf(value: string): string {
  const list = listHead(1) + value;
  return int32(list.length) + list;
}
