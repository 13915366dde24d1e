/** WhiteNoise, as it is, in front of an application in TypeScript. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { Application } from '../../../src/wsgi/types.ts';
import { TEXT } from '../../conformance/apps.ts';
import { needPackages } from '../packages.ts';
import { sizes, surround } from './surround.ts';

const root = mkdtempSync(join(tmpdir(), 'wizgi-static-'));
afterAll(() => rmSync(root, { recursive: true }));

const STYLE = 'body { color: green }\n'.repeat(5_000);
mkdirSync(join(root, 'css'));
writeFileSync(join(root, 'css/style.css'), STYLE);
writeFileSync(join(root, 'css/style.css.gz'), gzipSync(STYLE));
writeFileSync(join(root, 'large.bin'), Buffer.alloc(5_000_000, 'z'));

const site: Application = (environ, startResponse) => {
  startResponse('200 OK', TEXT);
  return [`TypeScript at ${environ.PATH_INFO}`];
};

describe.each(sizes)('WhiteNoise around a TypeScript application, $name', ({ threads }) => {
  it('serves its files, and leaves the rest', async (context) => {
    const python = needPackages(['whitenoise'], context);
    const { served } = await surround('static_files:static', site, {
      threads,
      python,
      env: { STATIC_ROOT: root, PYTHONDONTWRITEBYTECODE: '1' },
    });
    const get = (target: string, ...headers: [string, string][]) =>
      served.request({ target, headers });

    const style = await get('/static/css/style.css');
    expect([style.status, style.headers.get('Content-Type')]).toEqual([
      200,
      'text/css; charset="utf-8"',
    ]);
    expect(style.body.toString()).toBe(STYLE);

    const zipped = await get('/static/css/style.css', ['Accept-Encoding', 'gzip']);
    expect(zipped.headers.get('Content-Encoding')).toBe('gzip');
    expect(zipped.body.equals(gzipSync(STYLE))).toBe(true);

    const part = await get('/static/large.bin', ['Range', 'bytes=100-199']);
    expect([part.status, part.body.toString()]).toEqual([206, 'z'.repeat(100)]);
    const whole = await get('/static/large.bin');
    expect([whole.body.length, whole.complete]).toEqual([5_000_000, true]);

    const modified = style.headers.get('Last-Modified') ?? '';
    const unchanged = await get('/static/css/style.css', ['If-Modified-Since', modified]);
    expect([unchanged.status, unchanged.body.length]).toEqual([304, 0]);
    const head = await served.request({ method: 'HEAD', target: '/static/large.bin' });
    expect([head.status, head.headers.get('Content-Length')]).toEqual([200, '5000000']);

    for (const target of ['/', '/static/nothing.css', '/static/../css/style.css']) {
      expect((await get(target)).body.toString()).toBe(`TypeScript at ${target}`);
    }
  });
});
