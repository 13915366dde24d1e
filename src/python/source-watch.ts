import { unwatchFile, watchFile } from 'node:fs';

/** How often files are looked at, and how long they must then be left alone, in milliseconds. */
const INTERVAL = 500;
const SETTLED = 100;

/**
 * Tells when one of an application's files has changed.
 *
 * Looks at them at intervals, which sees every way in which editors and deployments write files.
 */
export class SourceWatch {
  private readonly files = new Set<string>();
  private readonly changed: (file: string) => void;
  private readonly seen = new Set<string>();
  private timer: NodeJS.Timeout | null = null;

  constructor(changed: (file: string) => void) {
    this.changed = changed;
  }

  add(files: readonly string[]): void {
    for (const file of files) {
      if (file === '' || this.files.has(file)) continue;
      this.files.add(file);
      watchFile(file, { interval: INTERVAL, persistent: false }, (now, before) => {
        if (now.mtimeMs !== before.mtimeMs || now.size !== before.size) this.onChange(file);
      });
    }
  }

  close(): void {
    for (const file of this.files) unwatchFile(file);
    this.files.clear();
    if (this.timer !== null) clearTimeout(this.timer);
  }

  /** Many files change at once when a branch is checked out. */
  private onChange(file: string): void {
    this.seen.add(file);
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      const [first = ''] = this.seen;
      this.seen.clear();
      this.changed(first);
    }, SETTLED);
    this.timer.unref();
  }
}
