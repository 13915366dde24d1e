import { VERSION } from '../wsgi/version.ts';
import type { Flags } from './flags.ts';
import { EXIT } from './user-error.ts';

/** Prints what the flags ask for instead of a server; null when they ask for none of it. */
export function information({ command }: Flags): Promise<number> | null {
  if (command.help) return printHelp(process.stdout, EXIT.ok);
  if (command.version) return print(`wizgi ${VERSION} on Node.js ${process.versions.node}\n`);
  return null;
}

async function print(text: string): Promise<number> {
  process.stdout.write(text);
  return EXIT.ok;
}

/** Prints the manual; gives the exit code. */
export async function printHelp(stream: NodeJS.WriteStream, code: number): Promise<number> {
  const { helpText } = await import('./help.ts');
  stream.write(helpText(Math.min(stream.columns ?? 80, 100)));
  return code;
}
