import { describe, expect, it } from 'vitest';
import type { ClientEvent } from '../client-codec.ts';
import { FastCgiAnswerEncoder } from './answer-encoder.ts';
import { FastCgiClient } from './client.ts';
import { endRequest, streamRecords } from './encode.ts';
import { AUTHORIZER, STDERR, STDOUT } from './records.ts';

const VARIABLES = { names: ['REQUEST_METHOD', 'LONG'], values: ['GET', 'x'.repeat(200)] };
const BYTES = (text: string) => Buffer.from(text, 'latin1');

function events(client: FastCgiClient): ClientEvent['type'][] {
  const types: ClientEvent['type'][] = [];
  for (let event = client.next(); event !== null; event = client.next()) types.push(event.type);
  return types;
}

describe('FastCgiClient', () => {
  it('FCGI-24, FCGI-30 writes BEGIN_REQUEST, PARAMS and their end in one piece', () => {
    const long = '\x80\0\0\xc8';
    const pairs = `\x0e\x03REQUEST_METHODGET\x04${long}LONG${'x'.repeat(200)}`;
    const params = `\x01\x04\0\x01\0${String.fromCharCode(pairs.length)}\0\0${pairs}`;
    const wire = (role: number, flags: number) =>
      `\x01\x01\0\x01\0\x08\0\0\0${String.fromCharCode(role, flags)}\0\0\0\0\0${params}` +
      '\x01\x04\0\x01\0\0\0\0';
    expect(new FastCgiClient().begin(VARIABLES)).toEqual([wire(1, 1)]);
    const other = new FastCgiClient({ keepConnection: false, role: AUTHORIZER });
    expect(other.begin(VARIABLES)).toEqual([wire(2, 0)]);
  });

  it('FCGI-31 cuts PARAMS that are longer than a record', () => {
    const [wire = ''] = new FastCgiClient().begin({ names: ['A'], values: ['x'.repeat(70_000)] });
    const first = (wire as string).slice(16);
    expect(first.slice(0, 8)).toBe('\x01\x04\0\x01\xff\xff\0\0');
    expect(first.slice(8 + 65_535, 16 + 65_535)).toBe('\x01\x04\0\x01\x11\x77\0\0');
  });

  it('FCGI-45 writes content, its end and ABORT_REQUEST', () => {
    const client = new FastCgiClient();
    const content = BYTES('abc');
    expect(client.content(content)).toEqual(['\x01\x05\0\x01\0\x03\0\0', content]);
    expect(client.contentEnd()).toEqual(['\x01\x05\0\x01\0\0\0\0']);
    expect(client.abort()).toEqual(['\x01\x02\0\x01\0\0\0\0']);
  });

  it('reads one answer after another from one connection', () => {
    const client = new FastCgiClient();
    for (let times = 0; times < 3; times++) {
      client.begin(VARIABLES);
      const encoder = new FastCgiAnswerEncoder(1);
      const head = { status: '200 OK', headers: [], contentLength: 2 };
      client.push(BYTES([...encoder.begin(head, 'ok'), ...encoder.end()].join('')));
      expect(events(client)).toEqual(['head', 'data', 'end']);
    }
  });

  it('FCGI-40 holds the end back until END_REQUEST confirms it', () => {
    const client = new FastCgiClient();
    client.begin(VARIABLES);
    const stdout = streamRecords(STDOUT, 1, 'Content-Length: 2\n\nok');
    client.push(BYTES(stdout.join('')));
    expect(events(client)).toEqual(['head', 'data']);
    client.push(BYTES(endRequest(1, 0, 0)));
    expect(client.next()).toEqual({ type: 'end', reusable: true });
    expect(client.next()).toBeNull();
  });

  it('says that a connection that is not kept cannot be used again', () => {
    const client = new FastCgiClient({ keepConnection: false });
    client.begin(VARIABLES);
    const stdout = streamRecords(STDOUT, 1, 'A: b\n\n');
    client.push(BYTES(stdout.join('') + endRequest(1, 0, 0)));
    client.next();
    expect(client.next()).toEqual({ type: 'end', reusable: false });
  });

  it('FCGI-42 tells what is for the log, a character at a time where it must', () => {
    const client = new FastCgiClient();
    client.begin(VARIABLES);
    const euro = Buffer.from('a€');
    for (const byte of euro) {
      client.push(BYTES(streamRecords(STDERR, 1, String.fromCharCode(byte)).join('')));
    }
    expect([client.next(), client.next(), client.next()]).toEqual([
      { type: 'log', text: 'a' },
      { type: 'log', text: '€' },
      null,
    ]);
  });

  it('throws the same error again', () => {
    const client = new FastCgiClient();
    client.begin(VARIABLES);
    client.push(BYTES(endRequest(1, 0, 2)));
    const error = expect.objectContaining({ code: 'fcgi-overloaded', status: 502 });
    expect(() => client.next()).toThrow(error);
    expect(() => client.next()).toThrow(error);
  });
});
