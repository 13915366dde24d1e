import { openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

let count = 0;

/**
 * Opens a new file that loses its name at once, so that nothing is left of it whatever happens to the
 * process.
 *
 * @returns a descriptor to read and write with, which is the caller's to close.
 * @throws the error of the file system.
 */
export function openUnnamed(directory: string, what: string): number {
  const path = join(directory, `wizgi-${what}-${process.pid}-${++count}-${Date.now()}`);
  const fd = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return fd;
}
