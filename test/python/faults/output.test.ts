/** Whatever workers print. */
import { afterEach, describe, expect, it } from 'vitest';
import { cleanUp, startServer } from '../../cli/command.ts';
import { until } from '../../http/kit.ts';
import { need } from '../../interop/components.ts';
import { FIXTURES, residentMemory, stage } from './kit.ts';

afterEach(cleanUp);

describe('what a worker prints', () => {
  it('is passed on line by line, escaped, under the name of the worker', async (context) => {
    const scene = await stage(context, 'faulty');
    const pid = await scene.worker();
    for (const kind of ['text', 'errors', 'surrogates', 'binary']) {
      expect((await scene.get(`/output?${kind}`)).status).toBe(200);
    }
    await until(
      'the last line',
      () => scene.printed.includes('\\xff') || scene.printed.includes('~'),
    );
    const name = `[python ${pid}] `;
    expect(scene.printed).toContain(`${name}a line\n${name}another \\x1b[31mred\\x07 line\n`);
    expect(scene.printed).toContain(`${name}to wsgi.errors\n`);
    expect(scene.printed).toContain(`${name}lone \\udcff surrogate\n`);
    expect(scene.printed).toMatch(/^[\t\n\x20-\x7e\u{80}-\u{10ffff}]*$/u);
    for (const line of scene.printed.trimEnd().split('\n'))
      expect(line.startsWith(name)).toBe(true);
  });

  it.for(['flood', 'lines'])(
    'without end takes no memory, and holds up nobody else: %s',
    async (kind, context) => {
      const scene = await stage(context, 'faulty', { workers: 2 });
      let printed = 0;
      let longest = 0;
      Object.defineProperty(scene, 'printed', {
        get: () => '',
        set: (text: string) => {
          printed += text.length;
          longest = Math.max(longest, text.length);
        },
      });
      await scene.worker(1);
      const before = residentMemory(process.pid);
      let most = 0;
      const flood = scene.get(`/output?${kind}`);
      let over = false;
      void flood.then(() => {
        over = true;
      });
      while (!over) {
        expect((await scene.get('/pid')).status).toBe(200);
        most = Math.max(most, residentMemory(process.pid));
      }
      expect((await flood).status).toBe(200);
      await until('all of it', () => printed > 10_000_000);
      expect(most - before).toBeLessThan(100 * 1024 * 1024);
      expect(longest).toBeLessThan(2 * 1024 * 1024);
    },
  );

  it('nowhere, because it has closed its streams, costs nothing', async (context) => {
    const scene = await stage(context, 'faulty');
    const pid = await scene.worker();
    expect((await scene.get('/output?closed')).status).toBe(200);
    expect(await scene.get('/pid')).toMatchObject({ status: 200, body: `${pid}` });
  });

  it('to a log that nobody reads keeps no request waiting', async (context) => {
    need('python3', context);
    const server = startServer(['faulty', '--pythonpath', FIXTURES, '-w', '2'], { unread: true });
    const url = await server.listening();
    const flood = fetch(`${url}/output?great%20flood`);
    server.child.stderr?.pause();
    const before = residentMemory(server.child.pid as number);
    expect((await flood).status).toBe(200);
    for (let count = 0; count < 10; count++) expect((await fetch(`${url}/pid`)).status).toBe(200);
    const grown = residentMemory(server.child.pid as number) - before;
    expect(grown).toBeLessThan(100 * 1024 * 1024);
  });
});
