/** Sends the requests of an application, and keeps what came in a form that can be compared. */
import { createHash } from 'node:crypto';
import type { Headers } from '../../src/wsgi/headers.ts';
import type { AnswerHead, RequestSpec, Served } from '../conformance/harness.ts';
import { CutError } from '../conformance/wire.ts';
import type { Flow, Step } from './request.ts';

/** What came of a step. */
export interface Exchange {
  /** `'200 OK'` */
  readonly status: string;
  /** `'content-type: text/plain'`, sorted by name; those of one name in their order. */
  readonly headers: readonly string[];
  /** As text where it is short, else its size and digest. */
  readonly body: string;
  /** The content was cut. */
  readonly cut: boolean;
}

/** Of the connection, not of the answer; or another one each time. */
const IGNORED = ['connection', 'keep-alive', 'transfer-encoding', 'date', 'server', 'trailer'];

/** How long a step may take, in milliseconds. */
const PATIENCE = 30_000;

/** Cookies that one flow was given, by name. */
type Jar = Map<string, string>;

/** Plays every flow; gives what came of each step by its name, or what went wrong. */
export async function play(
  served: Served,
  flows: readonly Flow[],
): Promise<Record<string, Exchange | string>> {
  const outcomes: Record<string, Exchange | string> = {};
  for (const flow of flows) {
    const jar: Jar = new Map();
    for (const step of flow) {
      if (step.name in outcomes) throw new Error(`there are two steps ${step.name}`);
      outcomes[step.name] = await soon(perform(served, step, jar)).catch(failed);
    }
  }
  return outcomes;
}

/** A connection that ends without an answer is one. */
function failed(error: unknown): Exchange | string {
  return error instanceof CutError
    ? { status: 'none', headers: [], body: '', cut: true }
    : String(error);
}

function soon<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('nothing came of it')), PATIENCE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function perform(served: Served, step: Step, jar: Jar): Promise<Exchange> {
  if (step.leave !== undefined) return leave(served, step, step.leave);
  if (step.meanwhile !== undefined) return pause(served, step, step.meanwhile);
  const { body, complete, ...head } = await served.request(specOf(step, jar));
  keepCookies(jar, head.headers);
  return exchange(head, body, complete);
}

/** Shows that what comes before the pause does not wait for what comes after it. */
async function pause(served: Served, step: Step, meanwhile: NonNullable<Step['meanwhile']>) {
  const open = served.open(specOf(step, new Map()));
  const head = await open.head();
  let text = await readUntil(open, meanwhile.text);
  await served.request({ target: meanwhile.ask, headers: [HOST] });
  for (let piece = await open.read(); piece !== null; piece = await open.read()) text += piece;
  return exchange(head, Buffer.from(text), true);
}

/** Shows that the application hears of a client that leaves. */
async function leave(served: Served, step: Step, { text, ask }: NonNullable<Step['leave']>) {
  const count = async () =>
    Number((await served.request({ target: ask, headers: [HOST] })).body.toString());
  const before = await count();
  const open = served.open(specOf(step, new Map()));
  const head = await open.head();
  await readUntil(open, text);
  open.leave('reset');
  while ((await count()) === before) await new Promise((resolve) => setTimeout(resolve, 5));
  return exchange(head, Buffer.from(text), false);
}

async function readUntil(open: ReturnType<Served['open']>, text: string): Promise<string> {
  let all = '';
  while (!all.includes(text)) {
    const piece = await open.read();
    if (piece === null) throw new Error(`there was only ${JSON.stringify(all)}`);
    all += piece;
  }
  return all;
}

const HOST = ['Host', 'example.com'] as const;

function specOf(step: Step, jar: Jar): RequestSpec {
  const { method, target, headers, body, chunked } = step;
  const cookies = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const carried: [string, string][] = step.cookies && cookies !== '' ? [['Cookie', cookies]] : [];
  return {
    method,
    target,
    headers: [HOST, ...headers, ...carried],
    ...(body === undefined ? {} : { body: chunked ? pieces(body) : body }),
  };
}

async function* pieces(body: string | Uint8Array): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(body as Uint8Array);
  const size = Math.ceil(bytes.length / 7);
  for (let start = 0; start < bytes.length; start += size)
    yield bytes.subarray(start, start + size);
}

function keepCookies(jar: Jar, headers: Headers): void {
  for (const cookie of headers.getAll('Set-Cookie')) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    jar.set(name, value);
  }
}

function exchange(head: AnswerHead, body: Buffer, complete: boolean): Exchange {
  const headers = [...head.headers]
    .map(([name, value]) => [name.toLowerCase(), steady(value)] as const)
    .filter(([name]) => !IGNORED.includes(name))
    .sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
    .map(([name, value]) => `${name}: ${value}`);
  return { status: head.statusLine, headers, body: shown(body), cut: !complete };
}

/** Replaces what is another one each time. */
function steady(value: string): string {
  return value
    .replace(/^((?:sid|connect\.sid)=)[^;]+/, '$1(session)')
    .replace(/(Max-Age=60;.* Expires=)[^;]+/, '$1(in a minute)');
}

function shown(body: Buffer): string {
  const text = body.toString('utf8');
  if (body.length < 2000 && Buffer.from(text).equals(body)) return text;
  return `${body.length} bytes, SHA-256 ${createHash('sha256').update(body).digest('hex')}`;
}
