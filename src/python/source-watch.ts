import { stat } from 'node:fs/promises';

/** How often files are looked at, and how long they must then be left alone, in milliseconds. */
const INTERVAL = 500;
const SETTLED = 100;

/**
 * Tells when one of an application's files has changed.
 *
 * Looks at them at intervals, which sees every way in which editors and deployments write files.
 */
export class SourceWatch {
  /** What each file was when it was seen last; null before. */
  private readonly files = new Map<string, string | null>();
  private readonly changed: (file: string) => void;
  private readonly seen = new Set<string>();
  private readonly timer: NodeJS.Timeout;
  private settling: NodeJS.Timeout | null = null;

  constructor(changed: (file: string) => void) {
    this.changed = changed;
    this.timer = setInterval(() => this.look([...this.files.keys()], null), INTERVAL);
    this.timer.unref();
  }

  /**
   * Watches more files.
   *
   * @param since - when the first of them may have been loaded, in milliseconds as `Date.now()`
   * counts. What was written since then may be newer than what was loaded.
   */
  add(files: readonly string[], since: number): void {
    const added = files.filter((file) => file !== '' && !this.files.has(file));
    for (const file of added) this.files.set(file, null);
    this.look(added, since);
  }

  close(): void {
    clearInterval(this.timer);
    if (this.settling !== null) clearTimeout(this.settling);
    this.files.clear();
  }

  private look(files: readonly string[], since: number | null): void {
    for (const file of files) {
      stat(file).then(
        ({ mtimeMs, size }) =>
          this.compare(file, `${mtimeMs} ${size}`, mtimeMs > (since ?? mtimeMs)),
        () => this.compare(file, 'absent', false),
      );
    }
  }

  private compare(file: string, now: string, newer: boolean): void {
    const before = this.files.get(file);
    if (before === undefined) return;
    this.files.set(file, now);
    if (newer || (before !== null && before !== now)) this.onChange(file);
  }

  /** Many files change at once when a branch is checked out. */
  private onChange(file: string): void {
    this.seen.add(file);
    if (this.settling !== null) clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      this.settling = null;
      const [first = ''] = this.seen;
      this.seen.clear();
      this.changed(first);
    }, SETTLED);
    this.settling.unref();
  }
}
