#!/usr/bin/env node
import { ConfigurationError } from '../gateways/options.ts';
import { type Flags, parseFlags } from './flags.ts';
import { information, printHelp } from './information.ts';
import { nearest } from './nearest.ts';
import { ignoreBrokenPipes } from './stray-errors.ts';
import { EXIT, UserError } from './user-error.ts';

/** Commands of later versions, so that nobody takes them for a file. */
const LATER = ['check', 'top'];

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  if (command === undefined) return printHelp(process.stderr, EXIT.usage);
  if (command === 'help') return printHelp(process.stdout, EXIT.ok);
  if (command === 'cgi') {
    const { cgiCommand } = await import('./cgi-command.ts');
    return cgiCommand(rest);
  }
  const flags = parseFlags(command === 'serve' ? rest : args);
  const told = information(flags);
  if (told !== null) return told;
  if (command !== 'serve') throw unknownCommand(command, flags);
  if (flags.cgi.nph !== undefined) throw new UserError('--nph is a flag of wizgi cgi');
  const { serveCommand } = await import('./serve-command.ts');
  return serveCommand(flags);
}

function unknownCommand(command: string, { positionals }: Flags): UserError {
  if (LATER.includes(command)) return new UserError(`the command ${command} is not available yet`);
  const guess = nearest(command, ['serve', 'cgi']);
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
    'wizgi: the application was never loaded: a top-level await does not settle\n',
  );
  process.exit(EXIT.application);
});

ignoreBrokenPipes();
main(process.argv.slice(2))
  .catch(report)
  .then((code) => process.exit(code));
