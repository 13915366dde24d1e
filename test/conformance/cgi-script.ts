/** A web server in little: one script at a time, whose stdin and stdout are pipes. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readVariables } from '../../src/gateways/cgi/environment.ts';
import { CgiRequest } from '../../src/gateways/cgi/request.ts';
import type { Gateway } from '../../src/gateways/gateway.ts';
import type { Outcome } from '../../src/gateways/service.ts';
import { CgiResponseParser } from '../../src/protocols/cgi/index.ts';
import type { Variables } from '../../src/protocols/cgi/variables.ts';
import type { ClientEvent } from '../../src/protocols/client-codec.ts';
import { Headers } from '../../src/wsgi/headers.ts';
import type { AnswerHead, OpenExchange, RequestSpec } from './harness.ts';
import { variablesOf } from './meta-client.ts';
import { CutError } from './wire.ts';

/** Both ends of a pipe. */
interface Pipe {
  readonly path: string;
  readonly input: number;
  readonly output: number;
}

/** Named pipes, made all at once because each has to be made by a program. */
export class Pipes {
  private readonly folder = mkdtempSync(join(tmpdir(), 'wizgi-test-pipes-'));
  private readonly paths = Array.from({ length: 64 }, (_, index) => join(this.folder, `${index}`));

  constructor() {
    execFileSync('mkfifo', this.paths);
  }

  /** Opens a pipe, which is released when both of its ends are closed. */
  open(): Pipe {
    const path = this.paths.pop();
    if (path === undefined) throw new Error('too many requests at once');
    const input = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const output = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    return { input, output, path };
  }

  release({ path }: Pipe): void {
    this.paths.push(path);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** A request that a script answers. */
export class Script implements OpenExchange {
  /** The script has ended. */
  readonly over: Promise<Outcome>;
  private readonly request: CgiRequest;
  private readonly writer: Socket;
  private readonly reader: Socket;
  private readonly events: AsyncGenerator<ClientEvent, null>;
  private readonly begun: Promise<AnswerHead>;

  constructor(gateway: Gateway, spec: RequestSpec, pipes: Pipes) {
    const [up, down] = [pipes.open(), pipes.open()];
    this.writer = pipeEnd(up.output, 'writable');
    this.reader = pipeEnd(down.input, 'readable');
    const output = pipeEnd(down.output, 'writable');
    this.request = new CgiRequest(gateway, {
      variables: throughEnvironment(variables(spec)),
      input: up.input,
      output,
      nph: false,
    });
    this.over = this.request.run().finally(() => {
      // A process that ends closes what it holds.
      output.destroy();
      this.writer.destroy();
    });
    void Promise.all([this.reader, this.writer, output].map(closed)).then(() => {
      pipes.release(up);
      pipes.release(down);
    });
    this.send(spec).catch(() => undefined);
    this.events = this.answer(new CgiResponseParser(undefined, spec.method));
    this.begun = this.firstEvent();
    this.begun.catch(() => undefined);
  }

  head(): Promise<AnswerHead> {
    return this.begun;
  }

  async read(): Promise<Buffer | null> {
    await this.begun;
    const { value: event } = await this.events.next();
    return event?.type === 'data' ? Buffer.from(event.data) : null;
  }

  /** The client is gone: web servers close the pipe, and send SIGTERM. */
  leave(): void {
    this.reader.destroy();
    this.request.abort();
  }

  private async send({ body = '' }: RequestSpec): Promise<void> {
    const blocks = typeof body === 'string' || body instanceof Uint8Array ? [body] : body;
    for await (const block of blocks) {
      if (!this.writer.write(Buffer.from(block as Uint8Array))) await once(this.writer, 'drain');
    }
    this.writer.destroySoon();
  }

  private async firstEvent(): Promise<AnswerHead> {
    const { value: event } = await this.events.next();
    if (event?.type !== 'head') throw new CutError('there is no answer');
    const { status, reason } = event;
    const headers = new Headers();
    for (const [name, value] of event.headers) headers.append(name, value);
    return { status, statusLine: `${status} ${reason}`, headers };
  }

  /** Reads on demand, so that a case can stop reading. The exit code tells of what was broken off. */
  private async *answer(parser: CgiResponseParser): AsyncGenerator<ClientEvent, null> {
    try {
      for await (const block of this.reader) {
        parser.push(block as Buffer);
        yield* events(parser);
      }
      parser.end();
      yield* events(parser);
    } catch (error) {
      throw new CutError(String(error));
    }
    if ((await this.over) === 'cut') throw new CutError('the script broke off');
    return null;
  }
}

function* events(parser: CgiResponseParser): Generator<ClientEvent> {
  for (let event = parser.next(); event !== null; event = parser.next()) {
    if (event.type !== 'end') yield event;
  }
}

function pipeEnd(fd: number, side: 'readable' | 'writable'): Socket {
  const end = new Socket({ fd, readable: side === 'readable', writable: side === 'writable' });
  end.on('error', () => undefined);
  return end;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

/** What Apache says of content whose length it does not know. */
function variables(spec: RequestSpec): Variables {
  const { body } = spec;
  if (body === undefined) return variablesOf(spec, null);
  const whole = typeof body === 'string' || body instanceof Uint8Array;
  const length = whole ? Buffer.byteLength(body) : spec.length;
  if (length !== undefined) return variablesOf(spec, length);
  const headers = [...(spec.headers ?? []), ['Transfer-Encoding', 'chunked'] as const];
  return variablesOf({ ...spec, headers }, null);
}

/** The same, as the environment of a process has it. */
function throughEnvironment({ names, values }: Variables): Variables {
  const entries = names.map((name, index) => `${name}=${values[index]}\0`);
  return readVariables(Buffer.from(entries.join(''), 'latin1'));
}
