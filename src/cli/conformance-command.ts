import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { kitAddress } from '../testing/kit/address.ts';
import { KitNotServed, type KitReport, kitCases, runKit } from '../testing/kit/index.ts';
import { chooseCases } from '../testing/kit/select.ts';
import { type ConformanceFlags, parseConformanceFlags } from './conformance-flags.ts';
import { caseList, reportJson, reportText } from './conformance-report.ts';
import { EXIT, UserError } from './user-error.ts';

const HELP = `\
Judges a server or gateway of WSGI (PEP 3333), in whatever language, by the cases
of the conformance kit.

  wizgi conformance http://127.0.0.1:8000
  wizgi conformance http+unix:/run/app.sock
  wizgi conformance --list [--json]       the cases
  wizgi conformance --path [typescript]   where the application is

The server must serve the kit's application, in one process, with four threads or
more if it has threads:

  gunicorn --threads 4 --pythonpath "$(wizgi conformance --path)" \\
      wizgi_conformance:application
  wizgi serve "$(wizgi conformance --path typescript)"

Flags:

      --only NAME,...    only these cases: by id, by the beginning of ids (as
                         headers.hop-by-hop), by level, or http
      --skip NAME,...    all but these; --skip http behind another web server
      --timeout SECONDS  how long a case may take [default: 5]
      --strict           failed cases of the level 'should' count, too
      --json             the report, or the cases, as JSON
  -h, --help             this page

The exit status is 0 for a server that conforms, 1 for one that does not, and 2 if it
could not be judged.
`;

/** Where `--path` leads; the same from the sources and from what is published. */
const PLACES = {
  python: { path: '../../python', behind: '' },
  typescript: {
    path: `../testing/kit/application/application.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
    behind: ':kitApplication',
  },
} as const;

/**
 * `wizgi conformance`: judges a server by the cases of the kit.
 *
 * @param args - what stands behind the command's name.
 * @returns the exit code.
 * @throws {UserError} (as a rejection) for what the user can mend.
 */
export async function conformanceCommand(args: readonly string[]): Promise<number> {
  const flags = parseConformanceFlags(args);
  if (flags.help) return print(HELP);
  if (flags.path !== null) return print(`${placeOf(flags.path)}\n`);
  if (flags.list) return print(listing(flags));
  if (flags.url === null) {
    throw new UserError('the URL is missing, as in wizgi conformance http://127.0.0.1:8000');
  }
  const report = await judge(flags.url, flags);
  print(flags.json ? reportJson(report) : reportText(report));
  return report.conforms ? EXIT.ok : EXIT.application;
}

function print(text: string): number {
  process.stdout.write(text);
  return EXIT.ok;
}

function placeOf(language: keyof typeof PLACES): string {
  const { path, behind } = PLACES[language];
  return fileURLToPath(new URL(path, import.meta.url)) + behind;
}

function listing({ only, skip, json }: ConformanceFlags): string {
  const cases = saidPlainly(() => chooseCases(kitCases, only, skip));
  return json ? `${JSON.stringify(cases, null, 2)}\n` : caseList(cases);
}

async function judge(url: string, flags: ConformanceFlags): Promise<KitReport> {
  const { only, skip, timeout, strict } = flags;
  saidPlainly(() => [kitAddress(url), chooseCases(kitCases, only, skip)]);
  const progress = isatty(2) && !flags.json;
  try {
    return await runKit(url, {
      ...{ only, skip, timeout, strict },
      onResult: (result, done, total) => {
        if (progress) process.stderr.write(`\r\x1b[K${done}/${total} ${result.case.id}`);
      },
    });
  } catch (error) {
    throw error instanceof KitNotServed ? notServed(error) : error;
  } finally {
    if (progress) process.stderr.write('\r\x1b[K');
  }
}

/** Has what the kit refuses told as a mistake of the user. */
function saidPlainly<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof TypeError ? new UserError(error.message) : error;
  }
}

function notServed({ message }: KitNotServed): UserError {
  return new UserError(
    `${message}\nServe the kit's application there first, for example:\n` +
      `  wizgi serve ${placeOf('typescript')}\n` +
      `  gunicorn --threads 4 --pythonpath ${placeOf('python')} wizgi_conformance:application`,
  );
}
