import { UwsgiClient } from '../../src/protocols/uwsgi/index.ts';
import type { SingleProtocol } from '../scgi/kit.ts';

export const UWSGI: SingleProtocol = {
  scheme: 'uwsgi',
  head: (pairs) => packet(pairs.flat().map(sized).join('')),
  client: () => new UwsgiClient(),
  statusLine: (status) => `HTTP/1.1 ${status}\r\n`,
  garbage: ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'bad-modifier'],
  rules: {
    segments: 'UWSGI-1 UWSGI-2 N7',
    counted: 'UWSGI-5',
    oneRequest: 'UWSGI-9 N6',
    answer: 'UWSGI-7 UWSGI-8',
    repeated: 'UWSGI-6',
    leaving: 'P1 P2',
    shortContent: 'P6',
    ownKeys: 'N8',
    magic: 'UWSGI-13 N2',
    badLength: 'N5',
    chunked: 'UWSGI-14',
    allowed: 'N9',
    many: 'N10',
  },
};

/** A packet; its size is that of the variables unless told otherwise. */
export function packet(variables: string, modifier1 = 0, size = variables.length): Buffer {
  const header = String.fromCharCode(modifier1, size & 0xff, size >> 8, 0);
  return Buffer.from(header + variables, 'latin1');
}

/** A name or a value with its size before it. */
export function sized(text: string): string {
  return String.fromCharCode(text.length & 0xff, text.length >> 8) + text;
}
