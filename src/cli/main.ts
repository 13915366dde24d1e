#!/usr/bin/env node
import { ConfigurationError } from '../gateways/options.ts';
import { type Flags, parseFlags } from './flags.ts';
import { information, printHelp } from './information.ts';
import { nearest } from './nearest.ts';
import { ignoreBrokenPipes } from './stray-errors.ts';
import { EXIT, UserError } from './user-error.ts';

type Command = (args: readonly string[]) => Promise<number>;

/** Each takes what stands behind its name, and is loaded only when it is asked for. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve-command.ts')).serveCommand,
  cgi: async () => (await import('./cgi-command.ts')).cgiCommand,
  check: async () => (await import('./check-command.ts')).checkCommand,
  conformance: async () => (await import('./conformance-command.ts')).conformanceCommand,
};

/** Commands of later versions, so that nobody takes them for a file. */
const LATER = ['top'];

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) return printHelp(process.stderr, EXIT.usage);
  if (name === 'help') return printHelp(process.stdout, EXIT.ok);
  const command = Object.hasOwn(commands, name) ? await commands[name]?.() : undefined;
  if (command !== undefined) return command(rest);
  const flags = parseFlags(args);
  const told = information(flags);
  if (told !== null) return told;
  throw unknownCommand(name, flags);
}

function unknownCommand(command: string, { positionals }: Flags): UserError {
  if (LATER.includes(command)) return new UserError(`the command ${command} is not available yet`);
  const guess = nearest(command, Object.keys(commands));
  if (guess !== null)
    return new UserError(`there is no command ${command}; did you mean ${guess}?`);
  const target = positionals.find((positional) => /[./]/.test(positional));
  if (target !== undefined) return new UserError(`to serve ${target}: wizgi serve ${target}`);
  const what = command.startsWith('-')
    ? 'the command is missing'
    : `there is no command ${command}`;
  return new UserError(`${what}; to serve an application: wizgi serve app.ts`);
}

function report(error: unknown): number {
  if (error instanceof UserError || error instanceof ConfigurationError) {
    process.stderr.write(`wizgi: ${error.message}\n`);
    return error instanceof UserError ? error.exitCode : EXIT.usage;
  }
  // A mistake in this program, whose stack is what a report of it needs.
  process.stderr.write(`wizgi: ${error instanceof Error ? error.stack : String(error)}\n`);
  return EXIT.application;
}

// Reached when nothing is left to wait for, although the command has not come to its end: what it
// loads waits for what never happens.
process.once('beforeExit', () => {
  process.stderr.write(
    'wizgi: the application was never loaded: a top-level await, or a promise of it, does not settle\n',
  );
  process.exit(EXIT.application);
});

ignoreBrokenPipes();
main(process.argv.slice(2))
  .catch(report)
  .then((code) => process.exit(code));
