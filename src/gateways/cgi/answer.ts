import { constants } from 'node:os';
import { asApplication } from '../../wsgi/application.ts';
import { type HostedApplication, hostedIn } from '../../wsgi/hosted.ts';
import type { Log } from '../../wsgi/log.ts';
import type { ApplicationLike } from '../../wsgi/types.ts';
import { Gateway } from '../gateway.ts';
import { ConfigurationError, type ResolvedServerOptions } from '../options.ts';
import { Refusal } from '../refusal.ts';
import { serverFacts } from '../server-facts.ts';
import { environment } from './environment.ts';
import { answerOutput, closeOutput } from './process.ts';
import { CgiRequest, encoderFor } from './request.ts';

/** How the request of this process is answered. */
export interface AnswerSettings {
  readonly server: ResolvedServerOptions;
  readonly nph: boolean;
  readonly log: Log;
  readonly environ?: Readonly<Record<string, string>> | undefined;
  readonly errors?: { write(text: string): unknown } | undefined;
}

/** A signal ended the request; shells say so too. */
const SIGNALLED = 128;
const UNFINISHED = 1;

/**
 * Answers the request that the web server started this process for.
 *
 * @returns the exit code: 0 when the web server has an answer, be it that of an error.
 * @throws {ConfigurationError} (as a rejection) when there is no request, or an option is unusable.
 */
export async function answerRequest(
  app: ApplicationLike,
  { server, nph, log, environ, errors }: AnswerSettings,
): Promise<number> {
  const variables = environment();
  requireRequest();
  const facts = serverFacts({ ...server, serial: true, environ, errors });
  const context = { app: asApplication(app), log, accessLog: null, facts };
  const gateway = new Gateway(server, context);
  const request = new CgiRequest(gateway, { variables, input: 0, output: answerOutput(), nph });
  let signalled = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    const code = SIGNALLED + constants.signals[signal];
    if (signalled !== 0) process.exit(code);
    signalled = code;
    request.abort(`the web server ended the request (${signal})`);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
  const outcome = await request.run();
  await leave(hostedIn(app));
  return signalled || (outcome === 'cut' ? UNFINISHED : 0);
}

/** Ends what would be lost with the process, after the web server has heard of the answer's end. */
async function leave(hosted: readonly HostedApplication[]): Promise<void> {
  if (hosted.length === 0 && process.stderr.writableLength === 0) return;
  closeOutput();
  await Promise.allSettled(hosted.map((app) => app.close()));
  await new Promise((resolve) => process.stderr.write('', resolve));
}

/** Answers that there is no application to answer. */
export function answerFailure(): void {
  if (!isRequest()) return;
  const { head, content } = new Refusal(500, process.env['REQUEST_METHOD'] === 'HEAD');
  const pieces = encoderFor(environment(), false, Date.now()).begin(head, content);
  answerOutput().write(pieces.join(''));
}

function requireRequest(): void {
  if (isRequest()) return;
  throw new ConfigurationError(
    'there is no request: a web server starts this program for each, and says in the environment what it is (REQUEST_METHOD and so on)',
  );
}

function isRequest(): boolean {
  return (process.env['REQUEST_METHOD'] ?? '') !== '';
}
