import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { escapeControls } from '../logging/escape.ts';
import { errorText } from '../logging/stack.ts';
import { EXIT, UserError } from './user-error.ts';

/** A place in a source file. */
interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Says why a module could not be loaded, in terms of the module. */
export async function explainLoadFailure(error: unknown, path: string): Promise<UserError> {
  const shown = relativePath(path);
  const uncompiled = error instanceof SyntaxError && !wasThrownByCode(error);
  const place = placeOf(error) ?? (uncompiled ? await askNode(path) : null);
  if (place !== null) return failure(showPlace(place));
  if (uncompiled) {
    return failure(`${shown}, or a module that it imports, has a syntax error: ${error.message}`);
  }
  const missing = missingModule(error, path);
  if (missing !== null) return failure(missing);
  const stack = escapeControls(trimStack(errorText(error)));
  return failure(`${shown} failed while it was loaded:\n\n${stack}`);
}

/** Says why an application that is waited for does not come. */
export function explainRejection(error: unknown, what: string): UserError {
  return failure(`${what}:\n\n${escapeControls(trimStack(errorText(error)))}`);
}

function failure(message: string): UserError {
  return new UserError(message, EXIT.application);
}

/** Tells a SyntaxError of running code, as JSON.parse throws one, from one of a source text. */
function wasThrownByCode(error: SyntaxError): boolean {
  return /^\s+at /m.test(trimStack(error.stack ?? ''));
}

/** Where the compiler or Node says that the mistake is. */
function placeOf(error: unknown): Place | null {
  if (!(error instanceof Error)) return null;
  const fromJiti = /^ParseError: ([\s\S]*?)\s+(\S.*):(\d+):(\d+)\s*$/.exec(error.message);
  if (fromJiti !== null) {
    const [, message = '', file = '', line, before] = fromJiti;
    return { file, line: Number(line), column: Number(before) + 1, message };
  }
  return error instanceof SyntaxError ? parseReport(error.stack ?? '') : null;
}

/** Reads Node's report of a syntax error: place, source line, caret, message. */
function parseReport(report: string): Place | null {
  const match = /^(.+):(\d+)\n(.*)\n([ \t]*)\^+\n+\w*Error(?: \[\w+\])?: (.*)/.exec(report);
  if (match === null) return null;
  const [, where = '', line, , indent = '', message = ''] = match;
  const file = where.startsWith('file:') ? fileURLToPath(where) : where;
  return { file, line: Number(line), column: indent.length + 1, message };
}

/** Lets Node parse the file alone: it keeps the place of the mistake from whoever imports it. */
function askNode(path: string): Promise<Place | null> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--check', path], (_error, _stdout, stderr) =>
      resolve(parseReport(stderr)),
    );
  });
}

function showPlace({ file, line, column, message }: Place): string {
  const head = `syntax error in ${relativePath(file)}:${line}:${column}: ${message}`;
  const source = sourceLine(file, line);
  if (source === null) return head;
  const margin = ` ${line} | `;
  const caret = `${' '.repeat(margin.length - 2)}| ${' '.repeat(Math.max(0, column - 1))}^`;
  return `${head}\n\n${margin}${source}\n${caret}`;
}

function sourceLine(file: string, line: number): string | null {
  try {
    const text = readFileSync(file, 'utf8').split('\n')[line - 1];
    return text === undefined ? null : escapeControls(text.replaceAll('\t', ' '));
  } catch {
    return null;
  }
}

function missingModule(error: unknown, path: string): string | null {
  const { code, message } = (error ?? {}) as NodeJS.ErrnoException;
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return null;
  const name = /'([^']+)'/.exec(message)?.[1] ?? '';
  const importer =
    /imported from (.+)$/m.exec(message)?.[1] ??
    /Require stack:\n- (.+)/.exec(message)?.[1] ??
    path;
  const file = importer.startsWith('file:') ? fileURLToPath(importer) : importer;
  const isFile = /^[./]|^file:|^[A-Za-z]:\\/.test(name);
  const hint = isFile ? '' : `; if it is a package: npm install ${name}`;
  const shown = isFile && !name.startsWith('.') ? relativePath(name) : name;
  return `${relativePath(file)} imports '${shown}', which cannot be found${hint}`;
}

/** A stack without the frames of Node, of the TypeScript loader and of this command. */
export function trimStack(stack: string): string {
  const own = dirname(fileURLToPath(import.meta.url));
  const foreign = (line: string) =>
    /^\s+at /.test(line) &&
    (line.includes('node:internal/') || line.includes('/node_modules/jiti/') || line.includes(own));
  return stack
    .split('\n')
    .filter((line) => !foreign(line))
    .join('\n');
}

function relativePath(path: string): string {
  const shown = relative(process.cwd(), path);
  return shown.startsWith('..') || shown === '' ? path : shown;
}
