/**
 * What a gateway must offer so that the conformance suite can run against it.
 *
 * The suite's cases know applications, requests and answers; how a request travels is a harness's
 * business. A case that a harness cannot express asks for a capability and is not registered there.
 */
import { it, onTestFinished } from 'vitest';
import type { Headers } from '../../src/wsgi/headers.ts';
import type { ApplicationLike } from '../../src/wsgi/types.ts';
import type { Component } from '../interop/components.ts';
import type { LogLine } from '../log-recorder.ts';
import type { RawConnection } from './wire.ts';

export interface Capabilities {
  /** Bytes of HTTP/1.1 can be written and seen: see {@link Served.connect}. */
  readonly http1: boolean;
  /** A server with a transport: the options `serial`, `timeout` and so on, and a peer's buffers. */
  readonly server: boolean;
  /** The object that an application returns reaches the server as it is. */
  readonly asIs: boolean;
  /** A plain iterable stays one, in the turn of the call. */
  readonly sync: boolean;
  /** How an application cuts its answer into blocks, and breaks it off, shows on the connection. */
  readonly direct: boolean;
  /** Other processes may serve the same application. */
  readonly multiprocess?: boolean;
  /** Each request has a process of its own. */
  readonly runOnce?: boolean;
  /** Cases that take seconds are run. */
  readonly patient: boolean;
  /** What of a request or an answer it cannot carry; nothing where it is left out. */
  readonly loses?: readonly Loss[];
}

/**
 * An answer's reason phrase; the spelling and order of its headers' names; the length of a 304; statuses
 * beyond those of HTTP. Or a request's line as it was written: the case of its method, dots in its path,
 * its version.
 */
export type Loss = 'reason' | 'names' | 'length' | 'statuses' | 'line';

export interface Harness {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** A program that it cannot do without. */
  readonly component?: Component;
  /** Cases, by their titles, that somebody else decides here, and who: they are skipped with that. */
  readonly differences?: Readonly<Record<string, string>>;
  serve(app: ApplicationLike, options?: ServeOptions): Promise<Served>;
  /** Ends what all that it served had in common. */
  close?(): Promise<void>;
}

/** The settings that cases use; a harness without `server` knows the first two only. */
export interface ServeOptions {
  readonly scriptName?: string;
  readonly environ?: Readonly<Record<string, string>>;
  readonly serial?: boolean;
  /** In seconds. */
  readonly timeout?: number;
  readonly halfCloseTimeout?: number;
  readonly writeTimeout?: number;
  readonly bodyInMemory?: number;
  readonly serverHeader?: string;
  readonly headerTimeout?: number;
  /** An address to listen on instead of 127.0.0.1; `unix` for a socket file. */
  readonly host?: string;
  /** Where `wsgi.errors` writes instead of {@link Served.errors}. */
  readonly errors?: { write(text: string): unknown };
  /** The server's log throws on every error. */
  readonly brokenLog?: boolean;
}

export interface RequestSpec {
  readonly method?: string;
  readonly target?: string;
  readonly headers?: readonly (readonly [string, string])[];
  /** An iterable is sent as it comes, its length unknown. */
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array | string>;
  /** What an iterable comes to, for protocols in which that has to be said before it. */
  readonly length?: number;
  readonly protocol?: 'HTTP/1.0' | 'HTTP/1.1';
}

export interface AnswerHead {
  readonly status: number;
  /** `'200 OK'` */
  readonly statusLine: string;
  readonly headers: Headers;
}

export interface Answer extends AnswerHead {
  readonly body: Buffer;
  /** Whether the content ended as its framing says; false when it was cut. */
  readonly complete: boolean;
}

/** An answer under way. */
export interface OpenExchange {
  head(): Promise<AnswerHead>;
  /** The next piece of content; null at its end. Throws when it was cut. */
  read(): Promise<Buffer | null>;
  leave(how: 'reset' | 'fin'): void;
}

export interface Served {
  readonly log: readonly LogLine[];
  /** What applications wrote to `wsgi.errors`. */
  readonly errors: string;
  request(spec?: RequestSpec): Promise<Answer>;
  open(spec?: RequestSpec): OpenExchange;
  /** With the capability `http1`. */
  connect(): Promise<RawConnection>;
  close(): Promise<void>;
}

/** Serves an application until the end of the current test. */
export async function serving(
  harness: Harness,
  app: ApplicationLike,
  options: ServeOptions = {},
): Promise<Served> {
  const served = await harness.serve(app, options);
  onTestFinished(() => served.close());
  return served;
}

type Case = (title: string, body: () => Promise<void> | void, timeout?: number) => void;

/** `it` for harnesses that have every one of these capabilities; for others, nothing. */
export function itNeeds(harness: Harness, ...names: (keyof Capabilities)[]): Case {
  return names.every((name) => harness.capabilities[name]) ? it : () => undefined;
}

/** `it` for harnesses that carry all of these. */
export function itKeeps(harness: Harness, ...parts: Loss[]): Case {
  const { loses = [] } = harness.capabilities;
  return parts.some((part) => loses.includes(part)) ? () => undefined : it;
}

/** `it` for servers whose requests share a process. */
export function itShares(harness: Harness): Case {
  return harness.capabilities.runOnce ? () => undefined : itNeeds(harness, 'server');
}

/** Waits until a condition holds. */
export async function until(condition: () => boolean, what = 'the condition'): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A window in which something must not happen. Never used to wait for something to happen. */
export function quiet(milliseconds = 60): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Something that a test lets an application wait for. */
export class Gate {
  readonly opened: Promise<void>;
  open!: () => void;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }
}

export function errorLines(served: Served): LogLine[] {
  return served.log.filter(({ level }) => level === 'error');
}
