import { describe, expect, test } from 'vitest';
import { processorTime } from '../../../test/processor-time.ts';
import { ProtocolError } from '../protocol-error.ts';
import { isHost, parseTarget } from './target.ts';

describe('isHost', () => {
  test.each([
    '',
    'a',
    'a.example',
    'a.example:80',
    'a:',
    'a:0',
    'a:65535',
    ':80',
    '127.0.0.1:8000',
    "a_b~c!$&'()*+,;=",
    'b%C3%BCcher',
    '[::]',
    '[::1]:80',
    '[1:2:3:4:5:6:7:8]',
    '[1:2:3:4:5:6:7::]',
    '[::ffff:127.0.0.1]',
    '[1:2:3:4:5:6:1.2.3.4]',
    '[fe80::a:b]',
  ])('takes %j', (value) => {
    expect(isHost(value)).toBe(true);
  });

  test.each([
    'a b',
    'a/b',
    'a?b',
    'a#b',
    'a\\b',
    'u@a',
    'http://a',
    'a:b',
    'a:80x',
    'a:-1',
    'a:+1',
    'a: 1',
    'a:65536',
    'a:99999999999999999999',
    'a:b:80',
    '"a"',
    '<a>',
    'a|b',
    'a^b',
    'a`b',
    '{a}',
    'b\u00fccher',
    '\u0000',
    '%',
    '%4',
    '%zz',
    '::1',
    '[::1',
    '::1]',
    '[]',
    '[a]',
    '[:]',
    '[:::]',
    '[:1]',
    '[1:]',
    '[::1::]',
    '[1:2:3:4:5:6:7]',
    '[1:2:3:4:5:6:7:8:9]',
    '[1:2:3:4:5:6:7:8::]',
    '[12345::]',
    '[g::]',
    '[::1.2.3]',
    '[::1.2.3.256]',
    '[1.2.3.4::]',
    '[1.2.3.4]',
    '[::1%25eth0]',
    '[v1.a:b]',
    '[::1]x',
    '[::1]:x',
    '[::1]:65536',
    'a[::1]',
  ])('refuses %j', (value) => {
    expect(isHost(value)).toBe(false);
  });

  test('takes linear time', () => {
    const seconds = processorTime(() => {
      for (const part of ['%', '%4', ':', 'a:', '[', '1:', '::', '%41']) {
        isHost(part.repeat(16384));
        isHost(`${part.repeat(16384)}\u0000`);
      }
    });
    expect(seconds).toBeLessThan(2);
  });
});

describe('parseTarget', () => {
  const parse = (method: string, target: string, scheme: 'http' | 'https' = 'http') =>
    parseTarget(method, target, scheme);

  test.each([
    ['/', '/', ''],
    ['/a/b', '/a/b', ''],
    ['/a?b', '/a', 'b'],
    ['/a?', '/a', ''],
    ['/a?b?c=d', '/a', 'b?c=d'],
    ['/?', '/', ''],
    ['//a/b', '//a/b', ''],
    ['/%zz', '/%zz', ''],
    ['/http://a/', '/http://a/', ''],
  ])('splits the origin form %j', (target, path, query) => {
    expect(parse('GET', target)).toEqual({ path, query, authority: null });
  });

  test.each([
    ['http://a', '/', '', 'a'],
    ['http://a/', '/', '', 'a'],
    ['http://a?b', '/', 'b', 'a'],
    ['http://a/b?c', '/b', 'c', 'a'],
    ['HTTP://a:80/b', '/b', '', 'a:80'],
    ['http://[::1]:80/b', '/b', '', '[::1]:80'],
    ['http://a//b', '//b', '', 'a'],
  ])('takes the absolute form %j', (target, path, query, authority) => {
    expect(parse('GET', target)).toEqual({ path, query, authority });
  });

  test('takes the asterisk form from OPTIONS alone', () => {
    expect(parse('OPTIONS', '*')).toEqual({ path: '', query: '', authority: null });
    expect(refusal('GET', '*')).toEqual(['bad-target-form', 400]);
    expect(refusal('options', '*')).toEqual(['bad-target-form', 400]);
  });

  test('takes the scheme of its connection alone', () => {
    expect(parse('GET', 'https://a/', 'https').authority).toBe('a');
    expect(refusal('GET', 'https://a/')).toEqual(['scheme-mismatch', 421]);
    expect(refusal('GET', 'http://a/', 'https')).toEqual(['scheme-mismatch', 421]);
  });

  test.each([
    'x',
    '../x',
    '?x',
    'a:80',
    '*/x',
    '**',
    'ftp://a/',
    'file:///x',
    'javascript:x',
    'http:/a',
  ])('refuses %j, which is no form', (target) => {
    expect(refusal('GET', target)).toEqual(['bad-target-form', 400]);
  });

  test.each([
    'http://',
    'http:///x',
    'http://:80/',
    'http://u:p@a/',
    'http://[::1/',
    'http://a:x/',
  ])('refuses the authority of %j', (target) => {
    expect(refusal('GET', target)).toEqual(['bad-target-authority', 400]);
  });

  test.each([
    'a',
    '80',
    ':80',
    'a:',
    'a:0',
    'a:080',
    'a:x',
    'a:65536',
    '/',
    '*',
    'http://a/',
    'u@a:80',
    '[::1]',
  ])('refuses CONNECT %j, which is not host and port', (target) => {
    expect(refusal('CONNECT', target)).toEqual(['bad-target-form', 400]);
  });

  test.each(['a:80', '[::1]:443'])('does not do CONNECT %j', (target) => {
    expect(refusal('CONNECT', target)).toEqual(['connect', 501]);
  });

  function refusal(method: string, target: string, scheme: 'http' | 'https' = 'http') {
    try {
      parse(method, target, scheme);
    } catch (error) {
      if (error instanceof ProtocolError) return [error.code, error.status];
      throw error;
    }
    return null;
  }
});
