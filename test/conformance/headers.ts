import { describe, expect, it } from 'vitest';
import { answering, answerOf, outcomeOf, TEXT, thrownBy } from './apps.ts';
import { type Harness, itKeeps, itNeeds, serving } from './harness.ts';

/** (PEP 3333, The start_response() Callable: status) */
export function statusStrings(harness: Harness): void {
  describe('status', () => {
    it.each(['200', '200OK', ' 200 OK', '200  OK', '200 OK ', '20 OK', '2000 OK', 'OK', ''])(
      'STAT-1, O7 %j is refused',
      async (status) => {
        expect(await outcomeOf(harness, status)).toBe('bad-status');
      },
    );

    it('STAT-1 three digits, a space and a reason are accepted', async () => {
      expect(await outcomeOf(harness, '200 OK')).toBe('accepted');
    });

    it.each(['200 OK\r\nX: y', '200 a\x7f', '200 a\tb', '200 OK\n', '200 OK\r', '200 O\0K'])(
      'STAT-2, O7 %j has a control character and is refused',
      async (status) => {
        expect(await outcomeOf(harness, status)).toBe('bad-status');
      },
    );

    it.each([
      ['bytes', Buffer.from('200 OK')],
      ['a number', 200],
      ['nothing', undefined],
    ])('O7 %s in place of a status is refused', async (_what, status) => {
      expect(await outcomeOf(harness, status)).toBe('bad-status');
    });

    itKeeps(harness, 'reason')('STAT-3 a reason is Latin-1', async () => {
      expect(await outcomeOf(harness, '200 \u2713')).toBe('bad-status');
      const answer = await answerOf(
        harness,
        answering(() => ['x'], TEXT, '200 \u00e9'),
      );
      expect(answer.statusLine).toBe('200 \u00e9');
    });

    itKeeps(harness, 'reason')('STAT-4 the reason may be empty, its space stays', async () => {
      const answer = await answerOf(
        harness,
        answering(() => [], [], '204 '),
      );
      expect(answer.statusLine).toBe('204 ');
    });

    it.each(['100 Continue', '101 Switching Protocols', '103 Early Hints', '099 x', '000 x'])(
      'STAT-5, O8 %s is no final status',
      async (status) => {
        expect(await outcomeOf(harness, status)).toBe('bad-status');
      },
    );

    it('STAT-5 299 Fine is accepted', async () => {
      expect(await outcomeOf(harness, '299 Fine')).toBe('accepted');
    });

    itKeeps(harness, 'statuses')('STAT-5 999 Odd is accepted', async () => {
      expect(await outcomeOf(harness, '999 Odd')).toBe('accepted');
    });

    itKeeps(harness, 'reason')("STAT-6 the application's reason stays as it is", async () => {
      const answer = await answerOf(
        harness,
        answering(() => ['x'], TEXT, '200 Froody  dude!'),
      );
      expect(answer.statusLine).toBe('200 Froody  dude!');
    });
  });
}

/** (PEP 3333, The start_response() Callable: headers; Other HTTP Features) */
export function responseHeaders(harness: Harness): void {
  const sent = async (value: string) =>
    (
      await answerOf(
        harness,
        answering(() => ['x'], [['X-V', value]]),
      )
    ).headers.get('X-V');

  describe('response headers', () => {
    it.each(['', 'X Y', 'X:', 'X\r', 'X\n', 'X\0', 'Né', 'X€', ' X', 'X\t', '(X)'])(
      'HDR-1, O10 the name %j is refused',
      async (name) => {
        expect(await outcomeOf(harness, '200 OK', [[name, 'v']])).toBe('bad-header');
      },
    );

    it.each(['X_y', '1a', "!#$%&'*+-.^_`|~"])('HDR-1 the name %s is accepted', async (name) => {
      expect(await outcomeOf(harness, '200 OK', [[name, 'v']])).toBe('accepted');
    });

    it.each(['\r', '\n', '\0', '\x01', '\x1b', '\x7f', '\r\nX: y'])(
      'HDR-2, O11 %j is refused inside and at the end of a value',
      async (control) => {
        for (const value of [`a${control}b`, `a${control}`, control]) {
          expect(await outcomeOf(harness, '200 OK', [['X-V', value]])).toBe('bad-header');
        }
      },
    );

    it('HDR-3 so is a tab', async () => {
      expect(await outcomeOf(harness, '200 OK', [['X-V', 'a\tb']])).toBe('bad-header');
    });

    it('HDR-4, O42 order and duplicates stay', async () => {
      const answer = await answerOf(
        harness,
        answering(
          () => ['x'],
          [
            ['Set-Cookie', 'a=1'],
            ['X-Between', ''],
            ['Set-Cookie', 'b=2'],
          ],
        ),
      );
      expect(answer.headers.getAll('Set-Cookie')).toEqual(['a=1', 'b=2']);
    });

    it('HDR-5 values are Latin-1', async () => {
      expect(await sent('caf\u00e9 \u00ff')).toBe('caf\u00e9 \u00ff');
      expect(await outcomeOf(harness, '200 OK', [['X-V', '\u0100']])).toBe('bad-header');
    });

    itNeeds(harness, 'http1')('HDR-5 one octet for each code unit', async () => {
      const served = await serving(
        harness,
        answering(() => ['x'], [['X-V', 'caf\u00e9']]),
      );
      const connection = await served.connect();
      connection.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await connection.readAnswer();
      const bytes = Buffer.concat(connection.arrivals.map(({ data }) => data));
      expect(bytes.includes(Buffer.from('X-V: caf\xe9\r\n', 'latin1'))).toBe(true);
    });

    it('HDR-6 a Status header is refused', async () => {
      expect(await outcomeOf(harness, '200 OK', [['Status', '200']])).toBe('bad-header');
      expect(await outcomeOf(harness, '200 OK', [['sTATUS', '200']])).toBe('bad-header');
    });

    it.each([
      '-1',
      '+1',
      '+5',
      'abc',
      '1.0',
      '0x1',
      '',
      '1, 2',
      '1,1',

      '9007199254740993',
      '1'.repeat(20),
    ])('HDR-7, O13, O40 a Content-Length of %j is refused', async (value) => {
      const headers = [['Content-Length', value]];
      expect(await outcomeOf(harness, '200 OK', headers)).toBe('bad-content-length');
    });

    it('HDR-7 two unequal lengths are refused, two equal ones sent once', async () => {
      const twice = (one: string, other: string): [string, string][] => [
        ['Content-Length', one],
        ['content-length', other],
      ];
      expect(await outcomeOf(harness, '200 OK', twice('1', '2'))).toBe('bad-content-length');
      const answer = await answerOf(
        harness,
        answering(() => ['x'], twice('1', '1')),
      );
      expect(answer.headers.getAll('Content-Length')).toEqual(['1']);
    });

    it('HDR-8 a value may be empty', async () => {
      expect(await sent('')).toBe('');
    });

    itKeeps(harness, 'names')('HDR-9 names keep their spelling', async () => {
      const answer = await answerOf(
        harness,
        answering(() => ['x'], [['x-FoO', '1']]),
      );
      expect([...answer.headers.keys()]).toContain('x-FoO');
    });

    it('HDR-10 spaces around a value are dropped, and only spaces', async () => {
      expect(await sent('  v  w ')).toBe('v  w');
      expect(await sent(' \u00a0v\u00a0 ')).toBe('\u00a0v\u00a0');
    });

    it.each([
      'Connection',
      'kEEP-aLIVE',
      'PROXY-authenticate',
      'Proxy-Authorization',
      'tE',
      'Trailer',
      'tRAILERS',
      'transfer-ENCODING',
      'UPGRADE',
    ])('HOP-1, O12 %s is refused', async (name) => {
      expect(await outcomeOf(harness, '200 OK', [[name, 'x']])).toBe('hop-by-hop-header');
    });

    it('HOP-2 so is Proxy-Connection', async () => {
      const headers = [['proxy-CONNECTION', 'x']];
      expect(await outcomeOf(harness, '200 OK', headers)).toBe('hop-by-hop-header');
    });

    itNeeds(harness, 'http1')('HOP-3 only the server decides on persistence', async () => {
      const served = await serving(harness, (_environ, startResponse) => {
        for (const name of ['Connection', 'Keep-Alive', 'Proxy-Connection']) {
          thrownBy(() => startResponse('200 OK', [[name, 'close']], new Error('again')));
        }
        startResponse('200 OK', TEXT, new Error('again'));
        return ['x'];
      });
      const connection = await served.connect();
      for (let count = 0; count < 2; count++) {
        connection.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
        const answer = await connection.readAnswer();
        expect([answer.status, answer.headers.has('Connection')]).toEqual([200, false]);
      }
    });
  });
}
