import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { ROOT } from '../../cli/command.ts';
import { needPackages } from '../packages.ts';
import { describeProgram } from './program.ts';

const directory = mkdtempSync(join(tmpdir(), 'wizgi-hgweb-'));
afterAll(() => rmSync(directory, { recursive: true }));

cpSync(join(ROOT, 'examples/hgweb'), directory, { recursive: true });
const program = { target: 'hgweb.wsgi', directory, modules: ['mercurial'] };

/** Runs the `hg` of the packages, without the settings of this machine; rejects when it fails. */
async function hg(where: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(join(ROOT, '.venv-test/bin/hg'), args, {
    cwd: where,
    env: { ...process.env, HGRCPATH: '', HGUSER: 'Zoë <zoe@example.org>', HGENCODING: 'utf-8' },
  });
  return stdout.trim();
}

/** Makes a repository of the example's: a big file and many small changes. */
async function makeRepository(name: string): Promise<{ origin: string; big: Buffer }> {
  const origin = join(directory, 'repositories', name);
  mkdirSync(origin, { recursive: true });
  await hg(origin, 'init');
  const big = randomBytes(20 << 20);
  writeFileSync(join(origin, 'big.bin'), big);
  await hg(origin, 'commit', '-A', '-m', 'Großes', '.');
  const patches = join(directory, `${name}.patch`);
  writeFileSync(patches, Array.from({ length: 200 }, (_, index) => patch(index)).join('\n'));
  await hg(origin, 'import', '-q', patches);
  return { origin, big };
}

function patch(index: number): string {
  return `# HG changeset patch
# User Zoë
Change ${index}

--- /dev/null
+++ b/file${index}.txt
@@ -0,0 +1,1 @@
+${'text '.repeat(200)}
`;
}

describeProgram(program, (address) => {
  it('is cloned from, pushed to and looked at', async (context) => {
    needPackages(program.modules, context);
    const name = randomBytes(4).toString('hex');
    const { origin, big } = await makeRepository(name);
    const url = await address(context);
    const clone = join(directory, `${name}-clone`);
    const tip = (repository: string) => hg(repository, 'id', '-i', '-r', 'tip');

    await hg(directory, 'clone', `${url}/${name}`, clone);
    expect(await tip(clone)).toBe(await tip(origin));
    expect(readFileSync(join(clone, 'big.bin')).equals(big)).toBe(true);
    expect(await hg(clone, 'verify')).toContain('checked 201 changesets');

    const pushed = randomBytes(4 << 20);
    writeFileSync(join(clone, 'pushed.bin'), pushed);
    await hg(clone, 'commit', '-A', '-m', 'More, мир', '.');
    expect(await hg(clone, 'push')).toContain('added 1 changesets with 1 changes to 1 files');
    expect(await hg(origin, 'verify')).toContain('checked 202 changesets');
    expect(await tip(origin)).toBe(await tip(clone));
    expect(await hg(clone, 'pull')).toContain('no changes found');

    const log = await fetch(`${url}/${name}/log`);
    expect([log.status, (await log.text()).includes('More, мир')]).toEqual([200, true]);
    const raw = await fetch(`${url}/${name}/raw-file/tip/pushed.bin`);
    expect(Buffer.from(await raw.arrayBuffer()).equals(pushed)).toBe(true);

    // hgweb calls write() in the midst of the iteration, which PEP 3333 does not provide for.
    const archive = await fetch(`${url}/${name}/archive/tip.zip`);
    const zip = Buffer.from(await archive.arrayBuffer());
    expect([archive.status, zip.length > 24 << 20]).toEqual([200, true]);
    expect(zip.lastIndexOf('PK\x05\x06')).toBeGreaterThan(zip.length - 1_000);
  });
});
