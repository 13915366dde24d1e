import { expect, it } from 'vitest';
import { kitAddress } from './address.ts';

it.each([
  ['http://127.0.0.1:8000', { host: '127.0.0.1', port: 8000 }, '127.0.0.1:8000', ''],
  ['http://localhost', { host: 'localhost', port: 80 }, 'localhost', ''],
  ['http://[::1]:81/a/b/', { host: '::1', port: 81 }, '[::1]:81', '/a/b'],
  ['http+unix:/run/app.sock', { path: '/run/app.sock' }, 'localhost', ''],
  ['unix:/run/app.sock', { path: '/run/app.sock' }, 'localhost', ''],
])('%s is an address', (url, where, host, prefix) => {
  expect(kitAddress(url)).toEqual({ url, where, host, prefix });
});

it.each(['', '127.0.0.1:8000', 'https://a', 'ftp://a', 'unix:app.sock'])('%j is none', (url) => {
  expect(() => kitAddress(url)).toThrow('is no URL of a server; expected http://HOST:PORT/PREFIX');
});
