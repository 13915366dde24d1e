import { describe, expect, it } from 'vitest';
import { Input } from '../../wsgi/input.ts';
import { ReceivedSource } from './request-body.ts';

const input = (text: string) => {
  // In a memory of its own, as from a runtime; what Buffer.from() gives is a part of a larger one.
  const bytes = Buffer.alloc(text.length, text);
  return { bytes, body: new Input(new ReceivedSource(bytes)) };
};

describe('ReceivedSource', () => {
  it('gives the whole without a copy', () => {
    const { bytes, body } = input('whole');
    expect(body.read()).toBe(bytes);
    expect(body.read()).toHaveLength(0);
  });

  it('gives parts in order', () => {
    const { body } = input('one\ntwo\nthree');
    expect(String(body.readline())).toBe('one\n');
    expect(String(body.read(3))).toBe('two');
    expect(String(body.read())).toBe('\nthree');
    expect(body.read()).toHaveLength(0);
  });

  it('is empty where there is nothing', () => {
    const { body } = input('');
    expect(body.read()).toHaveLength(0);
    expect(body.readlines()).toEqual([]);
  });
});
