/** Starts `wizgi cgi` as a web server does: the request in the environment, content on stdin. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { MAIN, ROOT } from '../cli/command.ts';
import { type CgiTrace, cgiResponse } from '../vectors/cgi-trace.ts';

export const APPS = fileURLToPath(new URL('fixtures/apps.mjs', import.meta.url));

/** A request as most web servers say it. */
const REQUEST: Readonly<Record<string, string>> = {
  GATEWAY_INTERFACE: 'CGI/1.1',
  REQUEST_METHOD: 'GET',
  SCRIPT_NAME: '/app',
  PATH_INFO: '/',
  QUERY_STRING: '',
  SERVER_NAME: 'a.example',
  SERVER_PORT: '80',
  SERVER_PROTOCOL: 'HTTP/1.1',
  SERVER_SOFTWARE: 'test',
  REMOTE_ADDR: '192.0.2.1',
};

/** A value of null leaves a variable out; octets stand as Latin-1. */
export type Variables = Readonly<Record<string, string | null>>;

export interface CgiOptions {
  readonly variables?: Variables;
  /** Flags of the command. */
  readonly flags?: readonly string[];
  /** What stands behind the TARGET. */
  readonly words?: readonly string[];
  /** Content; null leaves stdin open. A number is a descriptor. */
  readonly content?: string | Uint8Array | number | null;
  /** Runs another program instead of the command. */
  readonly program?: readonly string[];
  /** Shell text that follows the command, with the same stdin and stdout. */
  readonly following?: string;
}

export interface CgiOutcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** What a web server makes of the output. */
  readonly answer: CgiTrace;
}

/** A request under way. */
export class CgiProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<CgiOutcome>;
  stdout: Buffer = Buffer.alloc(0);
  stderr = '';

  constructor(target: string, options: CgiOptions = {}) {
    if (!existsSync(MAIN)) throw new Error('dist is not built: npm run build');
    const { flags = [], words = [], content = '', following = '' } = options;
    const program = options.program ?? [MAIN, 'cgi', ...flags, target, ...words];
    const variables = { ...REQUEST, ...options.variables };
    // Through a shell, because Node.js cannot give an environment that is no UTF-8.
    const script = `${exports(variables)} "$@"; code=$?; ${following}\nexit $code`;
    const { PATH = '', HOME = '' } = process.env;
    this.child = spawn(
      'sh',
      [
        '-c',
        following === '' ? `${exports(variables)} exec "$@"` : script,
        'sh',
        process.execPath,
        ...program,
      ],
      {
        cwd: ROOT,
        env: { PATH, HOME },
        stdio: [typeof content === 'number' ? content : 'pipe', 'pipe', 'pipe'],
      },
    );
    this.child.stdin?.on('error', () => undefined);
    if (typeof content === 'string') this.child.stdin?.end(Buffer.from(content, 'latin1'));
    else if (content instanceof Uint8Array) this.child.stdin?.end(content);
    this.child.stdout?.on('data', (data: Buffer) => {
      this.stdout = Buffer.concat([this.stdout, data]);
    });
    this.child.stderr?.on('data', (data) => {
      this.stderr += data;
    });
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        const method = variables['REQUEST_METHOD'] ?? 'GET';
        const answer = cgiResponse([this.stdout], method);
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr, answer });
      });
    });
    onTestFinished(async () => {
      if (this.child.exitCode === null && this.child.signalCode === null)
        this.child.kill('SIGKILL');
      await this.ended;
    });
  }
}

/** Assignments whose values are octets. */
function exports(variables: Variables): string {
  return Object.entries(variables)
    .filter((entry): entry is [string, string] => entry[1] !== null)
    .map(
      ([name, value]) =>
        `${name}="$(printf '${octal(value)}.')"; ${name}="\${${name}%.}"; export ${name};`,
    )
    .join(' ');
}

function octal(text: string): string {
  return Array.from(text, (unit) => `\\${unit.charCodeAt(0).toString(8).padStart(3, '0')}`).join(
    '',
  );
}

/** Runs a request to its end. */
export function cgi(target: string, options: CgiOptions = {}): Promise<CgiOutcome> {
  return new CgiProcess(target, options).ended;
}

/** What the application `environ` of the fixtures tells. */
export async function environOf(options: CgiOptions = {}): Promise<Record<string, unknown>> {
  const { answer, stderr } = await cgi(`${APPS}:environ`, options);
  if (answer.status !== 200) throw new Error(`${answer.status}: ${stderr}`);
  return JSON.parse(Buffer.from(answer.body, 'latin1').toString());
}
