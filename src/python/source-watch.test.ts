import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { until } from '../../test/http/kit.ts';
import { SourceWatch } from './source-watch.ts';

function watched() {
  const directory = mkdtempSync(join(tmpdir(), 'wizgi-watch-'));
  const changes: string[] = [];
  const watch = new SourceWatch((file) => changes.push(file));
  onTestFinished(() => {
    watch.close();
    rmSync(directory, { recursive: true });
  });
  const file = (name: string) => join(directory, name);
  const write = (name: string, text: string) => writeFileSync(file(name), text);
  return { changes, watch, file, write };
}

it('tells of files that change, that go and that come back', async () => {
  const { changes, watch, file, write } = watched();
  write('a.py', '1');
  write('b.py', '1');
  watch.add([file('a.py'), file('b.py')], Date.now() + 1_000);
  write('b.py', '12');
  await until('the change', () => changes.length === 1);
  expect(changes).toEqual([file('b.py')]);
  rmSync(file('a.py'));
  await until('the end', () => changes.length === 2);
  write('a.py', '1');
  await until('the return', () => changes.length === 3);
  expect(changes.slice(1)).toEqual([file('a.py'), file('a.py')]);
});

it('tells of a file that was written after it may have been loaded, once', async () => {
  const { changes, watch, file, write } = watched();
  for (const name of ['old.py', 'new.py', 'other.py']) write(name, '1');
  const since = 1_700_000_000_000;
  utimesSync(file('old.py'), since / 1000 - 1, since / 1000 - 1);
  expect(statSync(file('new.py')).mtimeMs).toBeGreaterThan(since);
  watch.add([file('old.py'), file('new.py')], since);
  await until('the newer file', () => changes.length === 1);
  watch.add([file('old.py'), file('new.py')], since);
  write('other.py', '12');
  watch.add([file('other.py')], since);
  await until('another one', () => changes.length === 2);
  expect(changes).toEqual([file('new.py'), file('other.py')]);
});
