import { describe, expect, it } from 'vitest';
import { environment, readVariables } from './environment.ts';

const read = (text: string) => {
  const { names, values } = readVariables(Buffer.from(text, 'latin1'));
  return names.map((name, index) => [name, values[index]]);
};

describe('readVariables', () => {
  it('CGI-2 keeps octets as they are', () => {
    expect(read('PATH_INFO=/\xe9\0A=\xe2\x82\xac\0')).toEqual([
      ['PATH_INFO', '/\xe9'],
      ['A', '\xe2\x82\xac'],
    ]);
  });

  it('takes values with equals signs, and without anything', () => {
    expect(read('QUERY_STRING=a=b&c\0CONTENT_LENGTH=\0')).toEqual([
      ['QUERY_STRING', 'a=b&c'],
      ['CONTENT_LENGTH', ''],
    ]);
  });

  it('leaves out what is no assignment', () => {
    expect(read('nothing\0A=b\0\0')).toEqual([['A', 'b']]);
    expect(read('')).toEqual([]);
  });

  it('does without the last NUL', () => {
    expect(read('A=b\0C=d')).toEqual([
      ['A', 'b'],
      ['C', 'd'],
    ]);
  });
});

it('environment is that of this process', () => {
  const { names, values } = environment();
  expect(values[names.indexOf('PATH')]).toBe(process.env['PATH']);
});
