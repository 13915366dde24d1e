/** Starts Bun, Deno and workerd, as npm installs them into test/runtimes. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { launch, type Skipping } from '../interop/components.ts';
import { freePort } from '../interop/free-port.ts';

const MODULES = fileURLToPath(new URL('node_modules/', import.meta.url));

export type Runtime = 'bun' | 'deno' | 'workerd';

/** A program under test. */
export interface Running {
  readonly url: string;
  /** What it has written. */
  output(): string;
}

/** Skips the test where the runtimes are not installed; under CI=true that is a failure. */
export function needRuntimes(context: Skipping): void {
  const programs = ['bun', 'deno', 'workerd', 'esbuild'];
  const missing = programs.find((name) => !existsSync(`${MODULES}.bin/${name}`));
  if (missing === undefined) return;
  const reason = `${missing} is not installed: npm install --prefix test/runtimes`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  context.skip(reason);
}

/**
 * Runs a module that serves where its runtime does by default; for workerd, one whose default export is a
 * worker.
 *
 * @param permissions - of Deno.
 */
export async function start(
  runtime: Runtime,
  module: string,
  permissions: readonly string[] = ['net', 'read', 'write', 'env'],
): Promise<Running> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = await starters[runtime](module, port, permissions);
  let output = '';
  const record = (data: Buffer) => {
    output += data.toString();
  };
  child.stdout?.on('data', record);
  child.stderr?.on('data', record);
  const failed = new Promise<never>((_, reject) => {
    child.once('exit', (code) => reject(new Error(`${runtime} ended (${code}): ${output}`)));
  });
  failed.catch(() => undefined);
  await Promise.race([answering(url), failed]);
  return { url, output: () => output };
}

type Starter = (
  module: string,
  port: number,
  permissions: readonly string[],
) => Promise<ChildProcess> | ChildProcess;

const starters: Readonly<Record<Runtime, Starter>> = {
  bun: (module, port) =>
    run('bun', ['run', module], dirname(module), { BUN_PORT: String(port), NO_COLOR: '1' }),
  deno: (module, port, permissions) => {
    const flags = permissions.map((name) => `--allow-${name}`);
    return run('deno', ['run', '--no-lock', ...flags, module], dirname(module), {
      DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`,
      DENO_NO_UPDATE_CHECK: '1',
      NO_COLOR: '1',
    });
  },
  workerd: async (module, port) => {
    const folder = temporaryFolder();
    await bundle(module, join(folder, 'worker.js'));
    writeFileSync(join(folder, 'config.capnp'), workerdConfig(port));
    return run('workerd', ['serve', 'config.capnp'], folder, {});
  },
};

/** What wrangler makes of compatibility_flags = ["nodejs_compat"]. */
function workerdConfig(port: number): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker.js", esModule = embed "worker.js")],
    bindings = [(name = "GREETING", text = "Hello")],
    compatibilityDate = "2026-07-01",
    compatibilityFlags = ["nodejs_compat"],
  ))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`;
}

async function bundle(module: string, outfile: string): Promise<void> {
  const path = pathToFileURL(`${MODULES}esbuild/lib/main.js`).href;
  const { build } = (await import(path)) as { build(options: object): Promise<unknown> };
  await build({
    entryPoints: [module],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    external: ['node:*'],
    logLevel: 'silent',
  });
}

function run(
  program: string,
  args: string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): ChildProcess {
  // What npm links may start another process, which would outlive its parent.
  const path = realpathSync(`${MODULES}.bin/${program}`);
  return launch(path, args, { cwd, env: { ...process.env, ...env } });
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wizgi-runtime-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function answering(url: string): Promise<void> {
  for (;;) {
    try {
      await (await fetch(url)).text();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
