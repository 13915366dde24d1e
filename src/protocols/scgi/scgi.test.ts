import { describe, expect, test } from 'vitest';
import { ProtocolError, ScgiClient, ScgiRequestParser } from './index.ts';

const variables = (...pairs: [string, string][]) => ({
  names: pairs.map(([name]) => name),
  values: pairs.map(([, value]) => value),
});

describe('ScgiClient', () => {
  test('puts CONTENT_LENGTH and SCGI first', () => {
    const given = variables(['REQUEST_METHOD', 'POST'], ['SCGI', '7'], ['CONTENT_LENGTH', '5']);
    expect(new ScgiClient().begin(given)).toEqual([
      '44:CONTENT_LENGTH\x005\0SCGI\x001\0REQUEST_METHOD\0POST\0,',
    ]);
  });

  test.each([[], [['CONTENT_LENGTH', '']]] as [string, string][][])(
    'says that there is no content (%j)',
    (...pairs) => {
      expect(new ScgiClient().begin(variables(...pairs))).toEqual([
        '24:CONTENT_LENGTH\x000\0SCGI\x001\0,',
      ]);
    },
  );

  test.each([
    ['', 'v'],
    ['A\0B', 'v'],
    ['A', 'v\0B\0w'],
  ])('refuses what it cannot carry: %j = %j', (name, value) => {
    expect(() => new ScgiClient().begin(variables([name, value]))).toThrow(ProtocolError);
  });

  test('reads an answer until the connection ends', () => {
    const client = new ScgiClient();
    client.begin(variables(['REQUEST_METHOD', 'GET']));
    client.push(Buffer.from('Status: 404 Not Found\r\nX: y\r\n\r\nno'));
    expect(client.next()).toEqual({
      type: 'head',
      status: 404,
      reason: 'Not Found',
      headers: [['X', 'y']],
    });
    expect(client.next()).toMatchObject({ type: 'data' });
    expect(client.next()).toBeNull();
    client.end();
    expect(client.next()).toEqual({ type: 'end', reusable: false });
  });

  test('knows that HEAD is answered without content', () => {
    const client = new ScgiClient();
    client.begin(variables(['REQUEST_METHOD', 'HEAD']));
    client.push(Buffer.from('Content-Length: 5\r\n\r\n'));
    expect(client.next()).toMatchObject({ type: 'head', status: 200 });
    expect(client.next()).toEqual({ type: 'end', reusable: false });
  });
});

describe('ScgiRequestParser', () => {
  test.each([
    ['without SCGI (SCGI-5)', 'CONTENT_LENGTH\x000\0'],
    ['without CONTENT_LENGTH (SCGI-4)', 'SCGI\x001\0'],
    ['with an empty CONTENT_LENGTH (SCGI-4)', 'CONTENT_LENGTH\0\0SCGI\x001\0'],
  ])('takes a request %s if told to', (_, head) => {
    const request = Buffer.from(`${head.length}:${head},`);
    const strict = new ScgiRequestParser();
    strict.push(request);
    expect(() => strict.next()).toThrow(ProtocolError);
    const tolerant = new ScgiRequestParser(undefined, true);
    tolerant.push(request);
    expect(tolerant.next()).toMatchObject({ type: 'head', contentLength: 0 });
    expect(tolerant.next()).toEqual({ type: 'end' });
  });

  test('tells a connection that brings nothing from one that breaks off', () => {
    const parser = new ScgiRequestParser();
    parser.end();
    expect(parser.next()).toEqual({ type: 'eof' });
    expect(parser.next()).toBeNull();
  });

  test('hands content over as it comes', () => {
    const parser = new ScgiRequestParser();
    const read = Buffer.from('24:CONTENT_LENGTH\x004\0SCGI\x001\0,ab');
    parser.push(read);
    expect(parser.next()).toMatchObject({ type: 'head', contentLength: 4 });
    const event = parser.next();
    expect(event).toEqual({ type: 'data', data: Buffer.from('ab') });
    // It is what was read, and no copy.
    if (event?.type === 'data') expect(event.data.buffer).toBe(read.buffer);
    expect(parser.next()).toBeNull();
  });
});
