import { type TestResponse, type TestStream, testClient } from '../testing/index.ts';
import { type Finding, rules } from '../validator/index.ts';
import type { ApplicationLike } from '../wsgi/types.ts';
import type { CheckRequest } from './check-requests.ts';

/** What became of a request. */
export interface CheckedRequest {
  readonly request: CheckRequest;
  /** `'200 OK'`; empty where there was no answer. */
  readonly status: string;
  /** Bytes of content that were taken. */
  readonly size: number;
  /** Whether the client went away before the end. */
  readonly left: boolean;
}

/** A rule that was broken, and the requests that showed it in the same way. */
export interface CheckFinding {
  readonly finding: Finding;
  readonly requests: readonly string[];
}

/** What a check came to. */
export interface CheckResult {
  readonly requests: readonly CheckedRequest[];
  /** Errors first, in the order of the rules. */
  readonly findings: readonly CheckFinding[];
}

/** Bytes, and milliseconds, of an answer after which the client has seen enough. */
const MOST_CONTENT = 1024 * 1024;
const MOST_TIME = 2_000;

/** Collects findings, each with the requests that showed it. */
export class Findings {
  /** What is being asked just now. */
  current = '';
  private readonly known = new Map<string, { finding: Finding; requests: Set<string> }>();
  private errors = 0;

  add(finding: Finding): void {
    if (finding.rule.severity === 'error') this.errors++;
    const key = `${finding.rule.id} ${finding.seen}`;
    const entry = this.known.get(key) ?? { finding, requests: new Set() };
    entry.requests.add(this.current);
    this.known.set(key, entry);
  }

  /** The application failed, in a way that nothing else told of. */
  addFailure(seen: string, error?: unknown): void {
    const rule = rules.find(({ id }) => id === 'application-fails');
    if (rule === undefined) return;
    const request = this.current;
    this.add(error === undefined ? { rule, seen, request } : { rule, seen, request, error });
  }

  /** How many errors were found so far. */
  get count(): number {
    return this.errors;
  }

  list(): CheckFinding[] {
    const order = ({ finding: { rule } }: CheckFinding) =>
      rules.findIndex(({ id }) => id === rule.id) + (rule.severity === 'error' ? 0 : rules.length);
    return [...this.known.values()]
      .map(({ finding, requests }) => ({ finding, requests: [...requests] }))
      .sort((one, other) => order(one) - order(other));
  }
}

/** How requests are sent. */
export interface RunOptions {
  /** Seconds that an answer may take until it begins; 0: no limit. */
  readonly timeout: number;
  /** The path that the application is mounted at. */
  readonly scriptName: string;
  /** Told of each request before it is sent, and how many were before it. */
  progress(done: number, request: CheckRequest): void;
}

/** Sends one request after the other. */
export async function runRequests(
  app: ApplicationLike,
  requests: readonly CheckRequest[],
  findings: Findings,
  options: RunOptions,
): Promise<CheckedRequest[]> {
  const checked: CheckedRequest[] = [];
  for (const request of requests) {
    options.progress(checked.length, request);
    findings.current = request.label;
    checked.push(await runOne(app, request, findings, options));
  }
  findings.current = 'after all requests';
  return checked;
}

async function runOne(
  app: ApplicationLike,
  request: CheckRequest,
  findings: Findings,
  { timeout, scriptName }: RunOptions,
): Promise<CheckedRequest> {
  const { method, target, baseUrl, options, leaves = false } = request;
  const before = findings.count;
  const client = testClient(app, { scriptName, ...(baseUrl === undefined ? {} : { baseUrl }) });
  const visit = new Visit(client.stream(method, target, options), leaves ? 0 : MOST_CONTENT);
  const timer = timeout === 0 ? null : setTimeout(() => visit.giveUp(), timeout * 1000);
  const size = await visit.read();
  const response = await visit.response;
  if (timer !== null) clearTimeout(timer);
  if (visit.gaveUp) findings.addFailure(`there was no answer within ${timeout} s`);
  else if (findings.count === before && !visit.left) explain(response, findings);
  return { request, status: response.statusLine, size, left: visit.left };
}

/** One client, who goes away when it has seen enough. */
class Visit {
  readonly response: Promise<TestResponse>;
  left = false;
  gaveUp = false;
  private readonly stream: TestStream;
  private readonly most: number;
  private begun = false;

  /** @param most - bytes that it wants to see. */
  constructor(stream: TestStream, most: number) {
    this.stream = stream;
    this.most = most;
    this.response = stream.response;
  }

  /** Reads the answer; gives its size as far as it was read. */
  async read(): Promise<number> {
    const { stream } = this;
    const timer = setTimeout(() => this.leave(), MOST_TIME);
    stream.head.then(
      () => {
        this.begun = true;
        timer.refresh();
      },
      () => undefined,
    );
    let size = 0;
    try {
      for (let block = await stream.read(); block !== null; block = await stream.read()) {
        size += block.length;
        if (size > this.most) this.leave();
      }
    } catch {
      // What broke the answer off is in the response.
    }
    clearTimeout(timer);
    return size;
  }

  /** There is no answer, and nobody waits any longer. */
  giveUp(): void {
    if (this.begun) return;
    this.gaveUp = true;
    this.stream.abort();
  }

  private leave(): void {
    if (!this.begun) return;
    this.left = true;
    this.stream.abort();
  }
}

/** Failures that show only in what the server makes of them, such as a process that ended. */
function explain(response: TestResponse, findings: Findings): void {
  const { error, log, complete } = response;
  const refusal = log.find(({ level, message }) => level === 'warn' && message === 'no answer');
  if (error !== undefined) findings.addFailure('the server logged an error', error);
  else if (refusal !== undefined) findings.addFailure(String(refusal.fields['reason']));
  else if (!complete) findings.addFailure('its answer was cut');
}
