import { describe, expect, it, vi } from 'vitest';
import { AbortSource } from './abort.ts';

function dependantsShow(): boolean {
  const { signal } = new AbortController();
  const before = Object.getOwnPropertySymbols(signal).length;
  AbortSignal.any([signal]);
  return Object.getOwnPropertySymbols(signal).length > before;
}

describe('AbortSource', () => {
  it('ASY-23 aborts the signal of the request under way', () => {
    const source = new AbortSource();
    const signal = source.signal();
    const reason = new Error('client gone');
    source.abort(reason);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBe(reason);
  });

  // From Node.js 24 on nothing of a signal shows what AbortSignal.any() made of it.
  it.runIf(dependantsShow())('gives a signal that nobody followed to the next request too', () => {
    const source = new AbortSource();
    const first = source.signal();
    const listener = () => undefined;
    first.addEventListener('abort', listener);
    first.removeEventListener('abort', listener);
    expect(source.signal()).toBe(first);
  });

  it('gives a new one after an abort', () => {
    const source = new AbortSource();
    const first = source.signal();
    source.abort(new Error('gone'));
    const second = source.signal();
    expect(second).not.toBe(first);
    expect(second.aborted).toBe(false);
  });

  it('does not mind an abort before the first request, or two', () => {
    const source = new AbortSource();
    source.abort(new Error('gone'));
    expect(source.signal().aborted).toBe(false);
    source.abort(new Error('gone'));
    source.abort(new Error('again'));
    expect(source.signal().aborted).toBe(false);
  });

  it.each<[string, (signal: AbortSignal, heard: () => void) => unknown]>([
    ['a listener', (signal, heard) => signal.addEventListener('abort', heard)],
    ['an onabort', (signal, heard) => Object.assign(signal, { onabort: heard })],
    [
      'AbortSignal.any()',
      (signal, heard) => AbortSignal.any([signal]).addEventListener('abort', heard),
    ],
  ])('keeps a later abort from %s of a finished request', (_, follow) => {
    const source = new AbortSource();
    const heard = vi.fn();
    follow(source.signal(), heard);
    source.signal();
    source.abort(new Error('the later client is gone'));
    expect(heard).not.toHaveBeenCalled();
  });
});
