/** What belongs to the process that a web server starts for a request: its environment and its output. */
import { closeSync, fstatSync } from 'node:fs';
import type { Socket } from 'node:net';

let output: Socket | null = null;

/**
 * Makes the process ready for code that knows nothing of CGI.
 *
 * HTTP_PROXY is a header of the request, but programs take it for a setting (httpoxy). And stdout is the
 * answer, so what is printed goes to stderr.
 */
export function guardProcess(): void {
  delete process.env['HTTP_PROXY'];
  if (output !== null) return;
  // Its type says only what every stream has that it can be; none of them is no Socket in what is used.
  output = process.stdout as unknown as Socket;
  Object.defineProperty(process, 'stdout', { configurable: true, get: () => process.stderr });
}

/** Where the answer goes. */
export function answerOutput(): Socket {
  guardProcess();
  return output as Socket;
}

/** Tells the web server that the answer is over, before the process is. */
export function closeOutput(): void {
  try {
    // A socket can be on another descriptor as well, the one of the content.
    if (fstatSync(1).isSocket()) answerOutput().end();
    else closeSync(1);
  } catch {
    // It is closed already.
  }
}
