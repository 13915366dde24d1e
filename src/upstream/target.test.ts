import { describe, expect, it } from 'vitest';
import { isUpstreamUrl, parseUpstreamUrl, splitUpstreamUrls } from './target.ts';

const tcp = (host: string, port: number) => ({ kind: 'tcp', host, port });
const unix = (path: string) => ({ kind: 'unix', path });

describe('parseUpstreamUrl', () => {
  it.each([
    ['http://a', 'http', tcp('a', 80), 'a', ''],
    ['http://a:80/', 'http', tcp('a', 80), 'a', ''],
    ['HTTP://a:8000/x/y/', 'http', tcp('a', 8000), 'a:8000', '/x/y'],
    ['https://example.com', 'https', tcp('example.com', 443), 'example.com', ''],
    ['https://a:80', 'https', tcp('a', 80), 'a:80', ''],
    ['http://[::1]:8000', 'http', tcp('::1', 8000), '[::1]:8000', ''],
    ['fastcgi://127.0.0.1:9000', 'fastcgi', tcp('127.0.0.1', 9000), '127.0.0.1:9000', ''],
    ['ajp://a', 'ajp', tcp('a', 8009), 'a', ''],
    ['http+unix:/run/a.sock', 'http', unix('/run/a.sock'), 'localhost', ''],
    ['http+unix:///run/a.sock', 'http', unix('/run/a.sock'), 'localhost', ''],
    ['http+unix:/run/a.sock:/base/', 'http', unix('/run/a.sock'), 'localhost', '/base'],
    ['scgi+unix:a.sock', 'scgi', unix('a.sock'), 'localhost', ''],
  ])('%s', (text, protocol, address, authority, base) => {
    expect(parseUpstreamUrl(text)).toEqual({ text, protocol, address, authority, base });
  });
});

it('several URLs are separated by commas that a URL follows', () => {
  expect(splitUpstreamUrls('http://a:1,uwsgi+unix:/b,c,http://d/e,f')).toEqual([
    ...['http://a:1', 'uwsgi+unix:/b,c', 'http://d/e,f'],
  ]);
});

it.each([
  ['http://a', true],
  ['gopher://a', true],
  ['fastcgi+unix:/x', true],
  ['pkg.module:app', false],
  ['app.ts', false],
  ['unix:/x', false],
])('%s is an upstream: %s', (text, is) => {
  expect(isUpstreamUrl(text)).toBe(is);
});
