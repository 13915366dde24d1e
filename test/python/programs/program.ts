/** Whole programs, as they are released, behind the built command. */
import { afterAll, describe, expect, it } from 'vitest';
import { type Command, cleanUp, startServer } from '../../cli/command.ts';
import { needPackages, type Skipping } from '../packages.ts';

export interface Program {
  /** The application as it is named on the command line. */
  readonly target: string;
  /** Where it runs. */
  readonly directory: string;
  /** Modules that have to be installed. */
  readonly modules: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What it reports as an error though it is none. */
  readonly harmless?: string;
}

/** Gives the address of the program, which is started at the first call. */
export type Address = (context: Skipping) => Promise<string>;

/** Runs the tests with processes and with threads, on one server each. */
export function describeProgram(program: Program, tests: (address: Address) => void): void {
  describe.each([
    ['two workers', '-w', '2'],
    ['four threads', '--threads', '4'],
  ])('%s', (_name, ...flags) => {
    let server: Command | undefined;
    afterAll(cleanUp);

    tests(async (context) => {
      const python = needPackages(program.modules, context);
      const { target, directory, env = {} } = program;
      server ??= startServer([target, '--chdir', directory, '--python', python, ...flags], { env });
      return server.listening();
    });

    it('complains of nothing, and stops', async (context) => {
      if (server === undefined) return context.skip('nothing was started');
      expect(await server.stop()).toEqual({ code: 0, signal: null });
      const said = (server.stdout + server.stderr).replaceAll(program.harmless ?? '', '');
      expect(said).not.toMatch(/Traceback|Error|Warning|\[(?:ERROR|WARN)/);
    });
  });
}
