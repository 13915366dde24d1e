import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http';
import type { Messages } from './messages.ts';
import { fieldsOf, type GivenHeaders, internalSymbol } from './response-head.ts';
import { connectionIsTheGateways, type GatewaySocket } from './socket.ts';

/** Where the answer of a handler goes. */
export interface ResponseOwner {
  /** The head is complete. */
  onHead(status: string, headers: [name: string, value: string][]): void;
  /** Takes content; false when the handler should wait for 'drain'. */
  onContent(content: Uint8Array | string, callback: WriteCallback | undefined): boolean;
  /** The handler has ended its answer. */
  onEnd(): void;
  /** An error that the handler does not listen for. */
  onStrayError(error: unknown): void;
}

export type WriteCallback = (error?: Error | null) => void;

const OWNER = Symbol('owner');

/** A ServerResponse whose answer goes to a {@link ResponseOwner}. */
export interface NodeResponse extends ServerResponse {
  [OWNER]: ResponseOwner;
}

/** What of node:http's responses no type mentions; the same from Node.js 20 on. */
interface Internals {
  socket: unknown;
  _header: string | null;
  _contentLength: number | null;
  _hasBody: boolean;
  _removedContLen: boolean;
  _sent100: boolean;
  _closed: boolean;
  _storeHeader(firstLine: string, headers: GivenHeaders): void;
  _send(data: unknown, encoding?: unknown, callback?: unknown): boolean;
  _writeRaw(data: unknown, encoding?: unknown, callback?: unknown): boolean;
  _finish(): void;
  [key: symbol]: unknown;
}

type Answer = NodeResponse & Internals;

/** Where node:http keeps what setHeader was given, and that 'drain' is waited for. */
interface InternalSymbols {
  readonly gathered: symbol | undefined;
  readonly needDrain: symbol | undefined;
}

let symbols: InternalSymbols | null = null;

function symbolsOf(response: ServerResponse): InternalSymbols {
  return {
    gathered: internalSymbol(response, 'kOutHeaders'),
    needDrain: internalSymbol(response, 'kNeedDrain'),
  };
}

/**
 * A real ServerResponse, with all that node:http checks and emits. Where it would turn the answer into
 * bytes for a socket, its own methods hand it to the owner; they are its own, because Express and
 * others replace a response's prototype.
 */
export function makeResponse(
  messages: Messages,
  request: IncomingMessage,
  socket: GatewaySocket,
  owner: ResponseOwner,
): NodeResponse {
  const response = messages.response(request) as Answer;
  symbols ??= symbolsOf(response);
  response[OWNER] = owner;
  response._storeHeader = storeHeader;
  response._send = send;
  response._writeRaw = writeRaw;
  response._finish = finish;
  response.socket = socket as unknown as Answer['socket'];
  socket._httpMessage = response;
  response.on('error', onError);
  return response;
}

/** Tells whether anybody waits for an event of the response. */
export function isObserved(response: NodeResponse): boolean {
  return (response as unknown as { _eventsCount: number })._eventsCount > 1;
}

/** Lets a handler go on writing, if it waits for that. */
export function drain(response: NodeResponse): void {
  if (!response.writableNeedDrain) return;
  const needDrain = symbols?.needDrain;
  if (needDrain !== undefined) (response as Answer)[needDrain] = false;
  response.emit('drain');
}

/** Takes the connection away, as node:http does once an answer is over. */
export function detach(response: NodeResponse): void {
  (response as Answer).socket = null;
}

/** Says that the request is over. */
export function close(response: NodeResponse): void {
  const answer = response as Answer;
  if (answer._closed) return;
  answer.destroyed = true;
  answer._closed = true;
  answer.emit('close');
}

function storeHeader(this: Answer, firstLine: string, headers: GivenHeaders): void {
  try {
    announce(this, headers);
  } catch (error) {
    // Which would be that of the next attempt, too.
    if (this.statusMessage === STATUS_CODES[this.statusCode]) this.statusMessage = '';
    throw error;
  }
  // Its text does not matter: it shows that the head is complete.
  this._header = firstLine;
}

function announce(answer: Answer, headers: GivenHeaders): void {
  if (answer.statusCode < 200) throw connectionIsTheGateways();
  const table = symbols?.gathered;
  const gathered = table !== undefined && headers === answer[table];
  const { list, hasLength, isChunked } = fieldsOf(headers, gathered);
  const { _contentLength: length } = answer;
  if (!hasLength && !isChunked && answer._hasBody && !answer._removedContLen && length !== null) {
    list.push(['Content-Length', String(length)]);
  }
  answer[OWNER].onHead(`${answer.statusCode} ${reason(answer.statusMessage)}`, list);
}

function reason(message: string): string {
  return (message.includes('\t') ? message.replaceAll('\t', ' ') : message).trim();
}

function send(this: Answer, data: unknown, encoding?: unknown, callback?: unknown): boolean {
  const whenSent = (typeof encoding === 'function' ? encoding : callback) as
    | WriteCallback
    | undefined;
  const content = typeof data === 'string' ? textOf(data, encoding) : (data as Uint8Array);
  return this[OWNER].onContent(content, whenSent ?? undefined);
}

function textOf(text: string, encoding: unknown): Uint8Array | string {
  if (text === '' || typeof encoding !== 'string' || /^utf-?8$/i.test(encoding)) return text;
  return Buffer.from(text, encoding as BufferEncoding);
}

/** Only interim responses come here (100, 102, 103), which no application of WSGI can send. */
function writeRaw(this: Answer, _data: unknown, encoding?: unknown, callback?: unknown): boolean {
  const whenSent = typeof encoding === 'function' ? encoding : callback;
  if (typeof whenSent === 'function') process.nextTick(whenSent as () => void);
  return true;
}

function finish(this: Answer): void {
  (ServerResponse.prototype as unknown as Internals)._finish.call(this);
  this[OWNER].onEnd();
}

function onError(this: Answer, error: unknown): void {
  if (this.listenerCount('error') === 1) this[OWNER].onStrayError(error);
}
