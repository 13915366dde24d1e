import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { quotePath, requestTarget } from '../../wsgi/request-target.ts';
import type { Environ } from '../../wsgi/types.ts';
import type { Content } from './content.ts';
import type { Messages } from './messages.ts';
import { addHeaders } from './request-headers.ts';
import type { GatewaySocket } from './socket.ts';

const ENVIRON = Symbol.for('wizgi.node.environ');
const CONTENT = Symbol('content');

/** An IncomingMessage made from environ. */
export interface NodeRequest extends IncomingMessage {
  [ENVIRON]: Environ;
  [CONTENT]: Content;
  /** Where the application is mounted, as Express names it; missing at the root. */
  baseUrl?: string;
  /** The whole target; missing at the root, where `url` is that. */
  originalUrl?: string;
}

/** What node:http sets on a message and no type mentions. */
interface Internals {
  _read(size: number): void;
  _destroy(error: Error | null, callback: (error?: Error | null) => void): void;
  _readableState: { readingMore: boolean };
  upgrade: boolean;
}

/**
 * The environ of a request that {@link fromNode} made.
 *
 * @example
 * app.get('/who', (req, res) => res.send(environOf(req)?.['REMOTE_USER'] ?? 'nobody'));
 * @returns undefined for other requests, as those of a server of node:http.
 */
export function environOf(request: object): Environ | undefined {
  return (request as Partial<NodeRequest>)[ENVIRON];
}

/**
 * A real IncomingMessage, whose methods are its own where they concern the connection: Express and
 * others replace a request's prototype.
 */
export function makeRequest(
  messages: Messages,
  environ: Environ,
  content: Content,
  socket: GatewaySocket,
): NodeRequest {
  const request = messages.request(socket as unknown as Socket) as NodeRequest;
  const internals = request as unknown as Internals;
  internals._read = read;
  internals._destroy = destroy;
  request[ENVIRON] = environ;
  request[CONTENT] = content;
  request.method = environ.REQUEST_METHOD;
  setVersion(request, environ.SERVER_PROTOCOL);
  setTarget(request, environ);
  addHeaders(request, environ, content.chunked);
  request.complete = !content.present;
  internals.upgrade = false;
  return request;
}

function setVersion(request: IncomingMessage, protocol: string): void {
  if (protocol === 'HTTP/1.1') {
    request.httpVersion = '1.1';
    request.httpVersionMajor = 1;
    request.httpVersionMinor = 1;
    return;
  }
  const [, major = '1', minor = '0'] = /^HTTP\/(\d+)(?:\.(\d+))?$/.exec(protocol) ?? [];
  request.httpVersion = `${major}.${minor}`;
  request.httpVersionMajor = Number(major);
  request.httpVersionMinor = Number(minor);
}

/** `url` is the target below the mount point, as in a router of Express or Connect. */
function setTarget(request: NodeRequest, environ: Environ): void {
  const url = targetOf(environ);
  request.url = url;
  if (environ.SCRIPT_NAME === '') return;
  const whole = requestTarget(environ, '', true);
  const below = environ.PATH_INFO === '' ? url.slice(1) : url;
  request.originalUrl = whole;
  request.baseUrl = whole.endsWith(below)
    ? whole.slice(0, whole.length - below.length)
    : quotePath(environ.SCRIPT_NAME);
}

function targetOf(environ: Environ): string {
  const raw = environ['REQUEST_URI'];
  return typeof raw === 'string' && environ.SCRIPT_NAME === '' && isAsWritten(raw, environ)
    ? raw
    : requestTarget(environ, '', false);
}

/** Tells whether a target is path and query of environ to the letter. */
function isAsWritten(raw: string, { PATH_INFO: path, QUERY_STRING: query }: Environ): boolean {
  if (path === '' || path.includes('%') || !raw.startsWith(path)) return false;
  const rest = raw.length - path.length;
  if (rest === 0) return query === '';
  return rest === query.length + 1 && raw[path.length] === '?' && raw.endsWith(query);
}

function read(this: NodeRequest & Internals): void {
  // As IncomingMessage does: nothing is read before somebody wants to read.
  this._readableState.readingMore = false;
  this[CONTENT].read(this);
}

function destroy(
  this: NodeRequest & Internals,
  error: Error | null,
  callback: (error?: Error | null) => void,
): void {
  const cutShort = !this.readableEnded || !this.complete;
  if (cutShort && !this[CONTENT].dropped) {
    this.aborted = true;
    this.emit('aborted');
    this.socket.destroy(error ?? undefined);
  }
  // Only who listens hears of it, as under node:http, and in a turn of its own.
  if (!isHeard(this)) callback();
  else process.nextTick(() => callback(this.listenerCount('error') === 0 ? null : error));
}

/** Tells whether anybody waits for an event of the request. */
export function isHeard(request: NodeRequest): boolean {
  return (request as unknown as { _eventsCount: number })._eventsCount > 0;
}

/** Tells whether somebody reads a body that has not arrived whole, be it with pauses. */
export function isBeingRead(request: NodeRequest): boolean {
  return request.readableFlowing !== null && !request.complete && !request.destroyed;
}

/** The request is answered: what nobody reads of its body is dropped, as under node:http. */
export function skipContent(request: NodeRequest): void {
  if (!request.complete && request.readableFlowing === null) request[CONTENT].skip(request);
}

/** Has a request that is answered come to its end. */
export function endRequest(request: NodeRequest): void {
  if (request.destroyed || isBeingRead(request)) return;
  if (request.complete) {
    if (request.readableFlowing === null) request.resume();
  } else {
    request[CONTENT].dropped = true;
    request.destroy();
  }
}
