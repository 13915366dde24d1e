import { expect, it, vi } from 'vitest';
import { demoApp } from './demo.ts';
import { setupTestingDefaults } from './util.ts';

it('demoApp says hello and shows the sorted environ', () => {
  const startResponse = vi.fn();
  const environ = setupTestingDefaults({ PATH_INFO: "/a'\n\u00e9", zeta: 1, HTTP_A: 'b' });
  const body = demoApp(environ, startResponse) as string[];
  expect(startResponse).toHaveBeenCalledExactlyOnceWith('200 OK', [
    ['Content-Type', 'text/plain; charset=utf-8'],
  ]);
  expect(body).toHaveLength(1);
  const [hello, empty, ...lines] = (body[0] as string).split('\n');
  expect([hello, empty, lines.pop()]).toEqual(['Hello world!', '', '']);
  expect(lines).toHaveLength(Object.keys(environ).length);
  expect(lines.map((line) => line.split(' = ')[0])).toEqual(Object.keys(environ).sort());
  expect(lines).toContain("HTTP_A = 'b'");
  expect(lines).toContain('PATH_INFO = "/a\'\\n\u00e9"');
  expect(lines).toContain('wsgi.version = [ 1, 0 ]');
  expect(lines).toContain('wsgi.input = [Input]');
  expect(lines).toContain('zeta = 1');
});
