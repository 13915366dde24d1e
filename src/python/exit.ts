import { readFileSync } from 'node:fs';
import type { Exit } from './process.ts';

/** Says in words how a worker ended. */
export function explainExit({ code, signal }: Exit, outOfMemory: boolean): string {
  if (signal === 'SIGKILL') {
    return outOfMemory
      ? 'killed by the system, which was out of memory (SIGKILL)'
      : 'killed by SIGKILL';
  }
  if (signal === 'SIGSEGV' || signal === 'SIGBUS' || signal === 'SIGILL' || signal === 'SIGFPE') {
    return `crashed in native code (${signal}); the Python stack stands above, where there was one`;
  }
  if (signal === 'SIGABRT') return 'aborted (SIGABRT)';
  if (signal !== null) return `ended by ${signal}`;
  if (code === 0) return 'left by itself (exit code 0)';
  if (code === null) return 'ended; the process that could tell how had died before';
  return `ended with exit code ${code}`;
}

/** How often the system has killed a process for want of memory; 0 where it does not tell. */
export function outOfMemoryKills(): number {
  try {
    const line = /^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'latin1'));
    return Number(line?.[1] ?? 0);
  } catch {
    return 0;
  }
}
