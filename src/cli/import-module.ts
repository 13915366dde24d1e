import { mkdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A module's exports, by name. */
export type ModuleExports = Readonly<Record<string, unknown>>;

/**
 * Loads a module, of TypeScript too: by Node itself where it strips types, else through jiti.
 */
export async function importModule(path: string): Promise<ModuleExports> {
  if (!/\.[mc]?ts$/.test(path)) return importNatively(path);
  if (!nodeReadsTypeScript()) return importThroughJiti(path);
  try {
    return await importNatively(path);
  } catch (error) {
    if (!beyondNode(error)) throw error;
    return importThroughJiti(path);
  }
}

function importNatively(path: string): Promise<ModuleExports> {
  return import(pathToFileURL(path).href) as Promise<ModuleExports>;
}

function nodeReadsTypeScript(): boolean {
  const features = process.features as { readonly typescript?: 'strip' | 'transform' | false };
  return Boolean(features.typescript);
}

/**
 * Whether jiti may succeed where Node did not: it knows enums, imports without extension or with that
 * of the compiled file, and says where a syntax error is.
 */
function beyondNode(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code ?? '';
  return (
    code.endsWith('_TYPESCRIPT_SYNTAX') ||
    code === 'ERR_MODULE_NOT_FOUND' ||
    code === 'ERR_UNSUPPORTED_DIR_IMPORT'
  );
}

/** What is used of jiti. */
interface Jiti {
  import(path: string): Promise<ModuleExports>;
}
type CreateJiti = (from: string, options: Record<string, unknown>) => Jiti;

// require(), because importing a CommonJS module of this size costs Node 40 ms more than loading it
// does. Without interopDefault modules are themselves, not proxies.
function importThroughJiti(path: string): Promise<ModuleExports> {
  const { createJiti } = createRequire(import.meta.url)('jiti') as { createJiti: CreateJiti };
  const jiti = createJiti(path, { fsCache: cacheDirectory() ?? false, interopDefault: false });
  return jiti.import(path);
}

/**
 * Where compiled TypeScript is kept, which spares loading the compiler at the next start.
 *
 * Not the shared directory for temporary files: what stands there could be another user's, and it is
 * run.
 */
function cacheDirectory(): string | null {
  const base = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const directory = join(base, 'wizgi');
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return process.getuid === undefined || statSync(directory).uid === process.getuid()
      ? directory
      : null;
  } catch {
    return null;
  }
}
