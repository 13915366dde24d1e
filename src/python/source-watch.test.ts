import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { until } from '../../test/http/kit.ts';
import { SourceWatch } from './source-watch.ts';

/** When the first file was loaded. */
const SINCE = 1_700_000_000_000;

function watched() {
  const directory = mkdtempSync(join(tmpdir(), 'wizgi-watch-'));
  const changes: string[] = [];
  const watch = new SourceWatch((file) => changes.push(file));
  onTestFinished(() => {
    watch.close();
    rmSync(directory, { recursive: true });
  });
  const file = (name: string) => join(directory, name);
  // A file that is written in its place can be seen twice: empty, and with its text.
  const write = (name: string, text: string) => {
    writeFileSync(file('aside'), text);
    renameSync(file('aside'), file(name));
  };
  /** Written long before anything was loaded. */
  const writeOld = (name: string) => {
    write(name, '1');
    utimesSync(file(name), SINCE / 1000 - 1, SINCE / 1000 - 1);
  };
  return { changes, watch, file, write, writeOld };
}

it('tells of files that change, that go and that come back', async () => {
  const { changes, watch, file, write, writeOld } = watched();
  writeOld('a.py');
  writeOld('b.py');
  watch.add([file('a.py'), file('b.py')], SINCE);
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
  const { changes, watch, file, write, writeOld } = watched();
  writeOld('old.py');
  write('new.py', '1');
  watch.add([file('old.py'), file('new.py')], SINCE);
  await until('the newer file', () => changes.length === 1);
  watch.add([file('old.py'), file('new.py')], SINCE);
  write('other.py', '1');
  watch.add([file('other.py')], SINCE);
  await until('another one', () => changes.length === 2);
  expect(changes).toEqual([file('new.py'), file('other.py')]);
});
