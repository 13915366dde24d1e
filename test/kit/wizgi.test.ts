/** This project's own servers have no failures. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  asyncKitApplication,
  type KitOptions,
  type KitReport,
  kitApplication,
  runKit,
} from '../../src/testing/kit/index.ts';
import { need } from '../interop/components.ts';
import { failures, unjudged } from './judged.ts';
import { type Serving, serving, servingPython } from './serving.ts';

/** Judges a server, and ends it. */
async function judged(server: Serving, options: KitOptions = {}): Promise<KitReport> {
  onTestFinished(() => server.close());
  return runKit(server.url, { timeout: 10, strict: true, ...options });
}

/** What says something of other kinds of servers only. */
const OF_OTHERS = ['flags.multithread.false', 'flags.multiprocess'];

describe('the conformance kit', () => {
  it.each([
    ['synchronous', kitApplication],
    ['asynchronous', asyncKitApplication],
  ])('has nothing against the HTTP gateway, with the %s application', async (_form, app) => {
    const report = await judged(await serving(app));
    expect(failures(report)).toEqual([]);
    expect(unjudged(report)).toEqual(OF_OTHERS);
    expect(report.conforms).toBe(true);
  });

  it.for([1, 4])('nor against Python with %i threads', async (threads, context) => {
    const interpreter = need('python3', context);
    const report = await judged(await servingPython(interpreter, { threads }));
    expect(failures(report)).toEqual([]);
    if (threads > 1) expect(unjudged(report)).toEqual(OF_OTHERS);
    else expect(unjudged(report)).not.toContain('flags.multithread.false');
  });

  it('nor against Python in two processes', async (context) => {
    const server = await servingPython(need('python3', context), { workers: 2 });
    // The first process serves before the second is there.
    while (unjudged(await runKit(server.url, { only: ['flags.run-once'] })).length === 0);
    const report = await judged(server, { only: ['environ', 'flags', 'close'] });
    expect(failures(report)).toEqual([]);
    expect(unjudged(report)).not.toContain('flags.multiprocess');
    expect(unjudged(report)).toContain('close.end');
  });

  it('nor where one request is served at a time', async () => {
    const report = await judged(await serving(kitApplication, { serial: true }));
    expect(failures(report)).toEqual([]);
    expect(unjudged(report)).toContain('stream.block-by-block');
    expect(unjudged(report)).not.toContain('flags.multithread.false');
  });

  it('nor below a path', async () => {
    const server = await serving(kitApplication, { scriptName: '/some/where' });
    const report = await judged(server, { only: ['environ', 'connection', 'framing'] });
    expect(failures(report)).toEqual([]);
  });

  it('nor on a socket file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wizgi-kit-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'kit.sock');
    const server = await serving(kitApplication, { bind: [`unix:${path}`] });
    const report = await judged(
      { ...server, url: `http+unix:${path}` },
      { only: ['environ', 'close', 'stream'] },
    );
    expect(failures(report)).toEqual([]);
  });
});
