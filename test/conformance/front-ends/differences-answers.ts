/** What web servers do to answers. */
import { expect } from 'vitest';
import { answering, answerOf, TEXT, yielding } from '../apps.ts';
import { serving } from '../harness.ts';
import { type Difference, sometimes } from './difference.ts';

const APACHE = [
  'apache-http.conf',
  'apache-fcgi.conf',
  'apache-scgi.conf',
  'apache-uwsgi.conf',
  'apache-ajp.conf',
  'apache-jk.conf',
];
const NGINX = ['nginx-http.conf', 'nginx-fastcgi.conf', 'nginx-scgi.conf', 'nginx-uwsgi.conf'];
const LIGHTTPD = [
  'lighttpd-http.conf',
  'lighttpd-fastcgi.conf',
  'lighttpd-scgi.conf',
  'lighttpd-uwsgi.conf',
  'lighttpd-ajp.conf',
];
const HAPROXY = ['haproxy-http.cfg', 'haproxy-fcgi.cfg'];

/** Cases that see whether an answer has a Content-Length. */
const COUNTED = ['SRV-17 ', 'CLEN-12, ASY-16 ', 'WR-2 ', 'ASY-1, ASY-39 '];

/** Cases of answers that are cut off. */
const CUT = [
  'APP-4 something else after ',
  'APP-22 ',
  'SR-8, O6 ',
  'CLEN-4, O14 ',
  'WR-3 ',
  'CLOSE-2, O27 ',
  'EXC-3, EXC-4, O22 ',
  'FW-10, O39 ',
  'O19 null ',
  'O19 a number ',
  'O19 an ArrayBuffer ',
  'O19 a DataView ',
  'O19 a Uint16Array ',
  'O19 an array ',
];

const broken = answering(() =>
  (function* () {
    yield 'data';
    throw new Error('broken');
  })(),
);

export const answers: readonly Difference[] = [
  {
    instead: 'names itself in `Server`',
    behind: [...NGINX, ...APACHE, ...LIGHTTPD],
    cases: ['SRV-11 '],
    shown: async (harness) => {
      const { headers } = await answerOf(
        harness,
        answering(() => ['x']),
      );
      expect(headers.get('Server')).toMatch(/^(nginx|Apache|lighttpd)/);
    },
  },
  {
    instead: 'writes `Date` and `Server` in place of those of the application',
    behind: ['nginx-http.conf', 'apache-jk.conf'],
    cases: ['SRV-10, O41 '],
    shown: async (harness) => {
      const old = 'Thu, 01 Jan 1970 00:00:00 GMT';
      const { headers } = await answerOf(
        harness,
        answering(() => ['x'], [['Date', old]]),
      );
      expect(headers.getAll('Date')).toHaveLength(1);
      expect(headers.get('Date')).not.toBe(old);
    },
  },
  {
    instead: 'writes names of header fields in lower case',
    behind: HAPROXY,
    cases: ['SRV-11 ', 'HDR-9 '],
    shown: async (harness) => {
      const { headers } = await answerOf(
        harness,
        answering(() => ['x'], [['X-FoO', 'y']]),
      );
      expect([...headers.keys()]).toContain('x-foo');
    },
  },
  {
    instead: 'writes the reason that it knows for a status',
    behind: LIGHTTPD,
    cases: [
      'APP-18 ',
      'SR-7, O5 ',
      'SR-9 ',
      'STAT-3 ',
      'STAT-4 ',
      'STAT-6 ',
      'MW-8 ',
      'MW-11 ',
      'O2 ',
    ],
    shown: async (harness) => {
      const { statusLine } = await answerOf(
        harness,
        answering(() => ['x'], TEXT, '200 Froody'),
      );
      expect(statusLine).toBe('200 OK');
    },
  },
  {
    instead: 'leaves the space out that belongs before an empty reason',
    behind: ['nginx-fastcgi.conf', 'nginx-scgi.conf'],
    cases: ['STAT-4 '],
    shown: async (harness) => {
      const answer = answerOf(
        harness,
        answering(() => [], [], '204 '),
      );
      await expect(answer).rejects.toThrow('bad status line "HTTP/1.1 204"');
    },
  },
  {
    instead: 'has the number as the reason where the application gives none',
    behind: ['apache-ajp.conf', 'apache-jk.conf'],
    cases: ['STAT-4 '],
    shown: async (harness) => {
      const { statusLine } = await answerOf(
        harness,
        answering(() => [], [], '204 '),
      );
      expect(statusLine).toBe('204 204');
    },
  },
  {
    instead: 'drops empty header fields of an answer',
    behind: LIGHTTPD,
    cases: ['HDR-8 '],
    shown: async (harness) => {
      const { headers } = await answerOf(
        harness,
        answering(() => ['x'], [['X-E', '']]),
      );
      expect(headers.has('X-E')).toBe(false);
    },
  },
  {
    instead: 'drops the Content-Length of a 304',
    behind: [...APACHE, ...LIGHTTPD],
    cases: ['NB-5, O32 ', 'FW-9 '],
    shown: async (harness) => {
      const { headers } = await answerOf(
        harness,
        answering(() => [], [['Content-Length', '5']], '304 Not Modified'),
      );
      expect(headers.has('Content-Length')).toBe(false);
    },
  },
  {
    instead: 'gives a 304 without a length one of 0',
    behind: ['haproxy-fcgi.cfg'],
    cases: ['CLEN-10 no data on GET with 304 ', 'CLEN-10 an empty block '],
    shown: async (harness) => {
      const { headers } = await answerOf(
        harness,
        answering(() => [], [], '304 Not Modified'),
      );
      expect(headers.get('Content-Length')).toBe('0');
    },
  },
  {
    instead: 'frames answers itself: a length that the application gives does not reach the client',
    behind: ['apache-fcgi.conf', 'apache-scgi.conf', 'apache-ajp.conf'],
    cases: [
      'APP-10 ',
      'APP-11, ASY-4 ',
      'SRV-12 ',
      'HDR-7 two unequal ',
      'CLEN-1, O15 ',
      'CLEN-5, O17 ',
      'CLEN-10 no data on GET with 200 ',
      'NB-3, O31 ',
      'NB-6 ',
      'ASY-4 ',
      'ASY-16 ',
      ...COUNTED,
    ],
    // Where an answer comes in one go, it counts it.
    omitted: 'unsteady',
    shown: async (harness) => {
      const { headers, body } = await answerOf(
        harness,
        answering(() => yielding('a'.repeat(50_000), 'b'), [['Content-Length', '50001']]),
      );
      expect([headers.has('Content-Length'), body.length]).toEqual([false, 50_001]);
    },
  },
  {
    instead: 'counts an answer that it has whole at once, which is a matter of time',
    behind: [...LIGHTTPD, 'haproxy-fcgi.cfg'],
    cases: COUNTED,
    omitted: 'unsteady',
    shown: async (harness) => {
      const served = await serving(
        harness,
        answering(() => yielding('one', 'two')),
      );
      // Many at once: the web server is then too busy to look between two blocks.
      await sometimes(async () => {
        const answers = await Promise.all(Array.from({ length: 20 }, () => served.request()));
        return answers.some(({ headers }) => headers.has('Content-Length'));
      });
    },
  },
  {
    instead: 'adds an error page to an answer that was cut, which then looks whole',
    behind: ['apache-jk.conf'],
    cases: CUT,
    shown: async (harness) => {
      const answer = await answerOf(harness, broken);
      expect(answer).toMatchObject({ status: 200, complete: true });
      expect(answer.body.toString()).toMatch(/^data<!DOCTYPE HTML/);
    },
  },
];
