import { expect, it } from 'vitest';
import { explainExit, outOfMemoryKills } from './exit.ts';

const exit = (signal: NodeJS.Signals | null, code: number | null = null) => ({ code, signal });

it.each([
  [exit('SIGKILL'), false, 'killed by SIGKILL'],
  [exit('SIGKILL'), true, 'killed by the system, which was out of memory (SIGKILL)'],
  [
    exit('SIGSEGV'),
    false,
    'crashed in native code (SIGSEGV); the Python stack stands above, where there was one',
  ],
  [
    exit('SIGBUS'),
    true,
    'crashed in native code (SIGBUS); the Python stack stands above, where there was one',
  ],
  [exit('SIGABRT'), false, 'aborted (SIGABRT)'],
  [exit('SIGTERM'), true, 'ended by SIGTERM'],
  [exit(null, 0), true, 'left by itself (exit code 0)'],
  [exit(null, 3), false, 'ended with exit code 3'],
])('%o, out of memory: %s', (how, outOfMemory, text) => {
  expect(explainExit(how, outOfMemory)).toBe(text);
});

it('counts what the system killed for want of memory', () => {
  const kills = outOfMemoryKills();
  expect(Number.isInteger(kills) && kills >= 0).toBe(true);
});
