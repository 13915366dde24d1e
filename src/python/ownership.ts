import { statSync } from 'node:fs';
import type { Log } from '../wsgi/log.ts';

const WRITABLE_BY_OTHERS = 0o002;
const STICKY = 0o1000;

/** Warns of folders from which code is loaded and into which anybody on the machine can put some. */
export function warnOfOthers(folders: readonly string[], log: Log): void {
  for (const folder of new Set(folders)) {
    const mode = statSync(folder, { throwIfNoEntry: false })?.mode ?? 0;
    if ((mode & WRITABLE_BY_OTHERS) === 0) continue;
    log.warn('every user of this machine can put code where the application is loaded from', {
      folder,
      remedy: mode & STICKY ? 'use a folder of its own' : 'chmod o-w',
    });
  }
}
