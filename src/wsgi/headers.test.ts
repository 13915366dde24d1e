import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WsgiError } from './errors.ts';
import { Headers } from './headers.ts';
import type { HeaderList } from './types.ts';

const sample = (): HeaderList => [
  ['Content-Type', 'text/plain'],
  ['Set-Cookie', 'a=1'],
  ['X', 'y'],
  ['set-cookie', 'b=2'],
];

describe('Headers', () => {
  it('wraps the list that it is given', () => {
    const list = sample();
    const headers = new Headers(list);
    headers.set('x', 'z');
    headers.append('Y', '1');
    headers.delete('SET-COOKIE');
    expect(headers.list).toBe(list);
    expect(list).toEqual([
      ['Content-Type', 'text/plain'],
      ['x', 'z'],
      ['Y', '1'],
    ]);
  });

  it('begins empty', () => {
    const headers = new Headers();
    expect(headers.size).toBe(0);
    expect([...headers]).toEqual([]);
    expect(headers.toString()).toBe('\r\n');
  });

  it('looks names up in any case', () => {
    const headers = new Headers(sample());
    expect(headers.get('content-TYPE')).toBe('text/plain');
    expect(headers.has('SET-cookie')).toBe(true);
    expect(headers.get('Set-Cookie')).toBe('a=1');
    expect(headers.getAll('Set-Cookie')).toEqual(['a=1', 'b=2']);
  });

  it('says so when there is nothing of a name', () => {
    const headers = new Headers(sample());
    expect(headers.get('Missing')).toBeNull();
    expect(headers.getAll('Missing')).toEqual([]);
    expect(headers.has('Missing')).toBe(false);
    expect(headers.delete('Missing')).toBe(false);
    expect(headers.size).toBe(4);
  });

  it('set() replaces every header of the name by one at the end', () => {
    const headers = new Headers(sample());
    headers.set('SET-COOKIE', 'c=3');
    expect(headers.list).toEqual([
      ['Content-Type', 'text/plain'],
      ['X', 'y'],
      ['SET-COOKIE', 'c=3'],
    ]);
  });

  it('setDefault() adds only what is missing, and an empty value is not missing', () => {
    const headers = new Headers([['E', '']]);
    expect(headers.setDefault('e', 'x')).toBe('');
    expect(headers.setDefault('New', 'x')).toBe('x');
    expect(headers.list).toEqual([
      ['E', ''],
      ['New', 'x'],
    ]);
  });

  it('addHeader() quotes parameters', () => {
    const headers = new Headers();
    headers.addHeader('Content-Disposition', 'attachment', { filename: 'a "b" \\c.txt' });
    headers.addHeader('X', 'v', { bare: null, empty: '', x_y: 'z' });
    headers.addHeader('Y', null, { only: 'p' });
    headers.addHeader('Z', 'plain');
    expect(headers.list).toEqual([
      ['Content-Disposition', 'attachment; filename="a \\"b\\" \\\\c.txt"'],
      ['X', 'v; bare; empty; x_y="z"'],
      ['Y', 'only="p"'],
      ['Z', 'plain'],
    ]);
  });

  it('iterates in order, over what was there at the start', () => {
    const headers = new Headers(sample());
    expect([...headers.keys()]).toEqual(['Content-Type', 'Set-Cookie', 'X', 'set-cookie']);
    expect([...headers.values()]).toEqual(['text/plain', 'a=1', 'y', 'b=2']);
    expect([...headers.entries()]).toEqual(sample());
    for (const [name] of headers) headers.delete(name);
    expect(headers.size).toBe(0);
  });

  it('gives the header block, as text and in Latin-1', () => {
    const headers = new Headers([
      ['A', 'caf\u00e9'],
      ['B', ''],
    ]);
    expect(headers.toString()).toBe('A: caf\u00e9\r\nB: \r\n\r\n');
    expect(headers.toBytes()).toEqual(Buffer.from('413a20636166e90d0a423a200d0a0d0a', 'hex'));
  });

  it.each([
    ['bad name', 'v'],
    ['', 'v'],
    ['N\u00e9', 'v'],
    ['X', 'a\r\nb'],
    ['X', 'a\tb'],
    ['X', '\u20ac'],
  ])('refuses %j: %j and stays as it was', (name, value) => {
    const headers = new Headers(sample());
    const refused = expect.objectContaining({ code: 'bad-header' });
    expect(() => new Headers([[name, value]])).toThrow(refused);
    expect(() => headers.set(name, value)).toThrow(WsgiError);
    expect(() => headers.append(name, value)).toThrow(WsgiError);
    expect(() => headers.addHeader(name, value)).toThrow(WsgiError);
    if (value !== 'v') {
      expect(() => headers.addHeader('X', 'v', { p: value })).toThrow(WsgiError);
      expect(() => headers.set('Content-Type', value)).toThrow(WsgiError);
    }
    expect(headers.list).toEqual(sample());
  });

  it('agrees with a plain list in every sequence of changes', () => {
    const name = fc.constantFrom('A', 'a', 'B', 'b', 'Cc', 'cC');
    const value = fc.string({ unit: fc.constantFrom('x', ' ', '\u00e9', '"', '\\'), maxLength: 4 });
    const change = fc.tuple(fc.constantFrom('set', 'append', 'delete', 'setDefault'), name, value);
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const headers = new Headers();
        let model: HeaderList = [];
        for (const [operation, key, text] of changes) {
          const same = (pair: [string, string]) => pair[0].toLowerCase() === key.toLowerCase();
          if (operation === 'delete') headers.delete(key);
          else headers[operation as 'set' | 'append' | 'setDefault'](key, text);
          const present = model.some(same);
          if (operation === 'set' || operation === 'delete') model = model.filter((p) => !same(p));
          if (operation === 'set' || operation === 'append') model.push([key, text]);
          if (operation === 'setDefault' && !present) model.push([key, text]);
          expect(headers.getAll(key)).toEqual(model.filter(same).map((pair) => pair[1]));
        }
        expect(headers.list).toEqual(model);
        expect(headers.size).toBe(model.length);
        const lines = Buffer.from(headers.toBytes()).toString('latin1').split('\r\n');
        expect(lines).toEqual([...model.map((pair) => pair.join(': ')), '', '']);
      }),
    );
  });
});
