/** Sites made with Python's frameworks, behind the built command, in each way of running them. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Command, cleanUp, ROOT, start } from '../../cli/command.ts';
import { need } from '../../interop/components.ts';
import { freePort } from '../../interop/free-port.ts';
import {
  commandOf,
  componentOf,
  type FrontEnd,
  startDocumented,
} from '../../interop/front-ends.ts';
import { missingOf, needPackages, type Skipping } from '../packages.ts';
import { Browser } from './browser.ts';

export const FIXTURES = join(ROOT, 'test/python/frameworks/fixtures');

/** A site: where it is, and what it takes. */
export interface Site {
  /** Working directory of the application. */
  readonly directory: string;
  /** The application as it is named on the command line. */
  readonly target: string;
  /** The same inside one of the linters. */
  readonly linted: (linter: Linter) => string;
  /** Modules that have to be installed. */
  readonly modules: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Makes what the site needs, once; called before each start. */
  readonly prepare?: () => Promise<void>;
}

export type Linter = 'wsgiref' | 'webtest';

/** A site whose target is `module:name`. */
export function moduleSite(
  site: Omit<Site, 'target' | 'linted'> & { readonly module: string; readonly name: string },
): Site {
  const { module, name } = site;
  return {
    ...site,
    target: `${module}:${name}`,
    linted: (linter) => `linters:by_${linter}("${module}", "${name}")`,
  };
}

interface Variant {
  readonly name: string;
  readonly args: readonly string[];
  readonly linter?: Linter;
  /** The front end before it: a file of docs/front-ends. */
  readonly behind?: string;
}

const variants: readonly Variant[] = [
  { name: 'two workers', args: ['-w', '2'] },
  { name: 'four threads', args: ['--threads', '4'] },
  { name: "inside wsgiref's validator and wizgi's", args: [], linter: 'wsgiref' },
  { name: "inside webtest's lint", args: ['-w', '2', '--threads', '2'], linter: 'webtest' },
];

/** Opens a browser of its own at the site, which is started at the first call. */
export type Visitor = (context: Skipping) => Promise<Browser>;

/**
 * Runs the tests in each variant, on one server each, and sees that it had nothing to complain of.
 *
 * @param fronts - files of docs/front-ends, to run the tests behind these front ends, too.
 */
export function describeSite(
  site: Site,
  tests: (visitor: Visitor) => void,
  fronts: readonly string[] = [],
): void {
  const behind = fronts.map((file) => ({
    name: `behind ${file}`,
    args: ['-w', '2'],
    behind: file,
  }));
  describe.each<Variant>([...variants, ...behind])('$name', (variant) => {
    let server: Command | undefined;
    let front: Promise<FrontEnd> | undefined;
    beforeAll(async () => {
      if (missingOf(site.modules).length === 0) await site.prepare?.();
    });
    afterAll(async () => {
      await (await front)?.close();
      await cleanUp();
    });

    /** The site's address, for a front end or for its visitors. */
    function listening(python: string, bind: readonly string[]): Promise<string> {
      server ??= serve(site, variant, python, bind);
      return server.listening();
    }

    async function inFront(file: string, python: string): Promise<FrontEnd> {
      const port = await freePort();
      await listening(python, commandOf(file).replace('8000', String(port)).split(' '));
      return startDocumented(file, port);
    }

    tests(async (context) => {
      const python = needPackages([...site.modules, 'webtest'], context);
      if (variant.behind === undefined) {
        return new Browser(await listening(python, ['--bind', '127.0.0.1:0']));
      }
      need(componentOf(variant.behind), context);
      front ??= inFront(variant.behind, python);
      return new Browser(`http://127.0.0.1:${(await front).port}`);
    });

    it('complains of nothing, and stops', async (context) => {
      if (server === undefined) return context.skip('nothing was started');
      expect(await server.stop()).toEqual({ code: 0, signal: null });
      expect(server.stdout + server.stderr).not.toMatch(COMPLAINT);
    });
  });
}

/** What a linter, an application or the server says when something is wrong. */
const COMPLAINT =
  /Traceback|Assert|Error|Exception|Warning|without being closed|validator: .*: error:|\[(?:ERROR|WARN)/;

/** Starts the server of a site. */
export function serve(
  site: Site,
  variant: Omit<Variant, 'name'>,
  python: string,
  bind: readonly string[] = ['--bind', '127.0.0.1:0'],
): Command {
  const { directory, target, linted, env } = site;
  const { args, linter } = variant;
  return start(
    [
      'serve',
      linter === undefined ? target : linted(linter),
      ...['--chdir', directory, '--python', python, '--pythonpath', join(FIXTURES, 'linters')],
      ...args,
      ...bind,
    ],
    { env: { PYTHONDONTWRITEBYTECODE: '1', ...env } },
  );
}
