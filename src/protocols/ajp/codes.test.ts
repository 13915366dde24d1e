import { expect, test } from 'vitest';
import * as codes from './codes.ts';

// The document's table; it prints 26 with an underscore.
const METHODS: readonly (readonly [number, string])[] = [
  [1, 'OPTIONS'],
  [2, 'GET'],
  [3, 'HEAD'],
  [4, 'POST'],
  [5, 'PUT'],
  [6, 'DELETE'],
  [7, 'TRACE'],
  [8, 'PROPFIND'],
  [9, 'PROPPATCH'],
  [10, 'MKCOL'],
  [11, 'COPY'],
  [12, 'MOVE'],
  [13, 'LOCK'],
  [14, 'UNLOCK'],
  [15, 'ACL'],
  [16, 'REPORT'],
  [17, 'VERSION-CONTROL'],
  [18, 'CHECKIN'],
  [19, 'CHECKOUT'],
  [20, 'UNCHECKOUT'],
  [21, 'SEARCH'],
  [22, 'MKWORKSPACE'],
  [23, 'UPDATE'],
  [24, 'LABEL'],
  [25, 'MERGE'],
  [26, 'BASELINE-CONTROL'],
  [27, 'MKACTIVITY'],
];

test.each(METHODS)('AJP-13 the method %i is %s', (code, method) => {
  expect(codes.methodOf(code)).toBe(method);
  expect(codes.methodCode(method)).toBe(code);
});

test('AJP-13 AJP-14 other methods have no number of their own', () => {
  expect(codes.methodOf(0)).toBeUndefined();
  expect(codes.methodOf(28)).toBeUndefined();
  expect(codes.methodOf(0xff)).toBeUndefined();
  for (const method of ['BREW', 'get', 'PATCH', 'CONNECT', '']) {
    expect(codes.methodCode(method)).toBe(0xff);
  }
});

test.each([
  [0x01, 'accept'],
  [0x02, 'accept-charset'],
  [0x03, 'accept-encoding'],
  [0x04, 'accept-language'],
  [0x05, 'authorization'],
  [0x06, 'connection'],
  [0x07, 'content-type'],
  [0x08, 'content-length'],
  [0x09, 'cookie'],
  [0x0a, 'cookie2'],
  [0x0b, 'host'],
  [0x0c, 'pragma'],
  [0x0d, 'referer'],
  [0x0e, 'user-agent'],
] as const)('AJP-15 the header %i of a request is %s', (code, name) => {
  expect(codes.requestHeaderOf(code)).toBe(name);
  expect(codes.requestHeaderCodes.get(name)).toBe(code);
});

test.each([
  [0x01, 'Content-Type'],
  [0x02, 'Content-Language'],
  [0x03, 'Content-Length'],
  [0x04, 'Date'],
  [0x05, 'Last-Modified'],
  [0x06, 'Location'],
  [0x07, 'Set-Cookie'],
  [0x08, 'Set-Cookie2'],
  [0x09, 'Servlet-Engine'],
  [0x0a, 'Status'],
  [0x0b, 'WWW-Authenticate'],
] as const)('AJP-41 the header %i of an answer is %s', (code, name) => {
  expect(codes.responseHeaderOf(code)).toBe(name);
  expect(codes.responseHeaderCodes.get(name.toLowerCase())).toBe(code);
});

test('AJP-15 AJP-41 no other header has a number', () => {
  expect(codes.requestHeaderOf(0)).toBeUndefined();
  expect(codes.requestHeaderOf(15)).toBeUndefined();
  expect(codes.responseHeaderOf(0)).toBeUndefined();
  expect(codes.responseHeaderOf(12)).toBeUndefined();
});
