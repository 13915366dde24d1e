import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WsgiError, type WsgiErrorCode } from './errors.ts';
import { checkResponseHead, isHopByHop, MAX_RESPONSE_HEAD } from './response-head.ts';
import type { HeaderList } from './types.ts';

function codeOf(action: () => unknown): WsgiErrorCode | null {
  try {
    action();
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(WsgiError);
    return (error as WsgiError).code;
  }
}

const statusCode = (status: unknown) => codeOf(() => checkResponseHead(status as string, []));
const headerCode = (...headers: unknown[]) =>
  codeOf(() => checkResponseHead('200 OK', headers as HeaderList));

describe('status', () => {
  it('STAT-1 is three digits, one space and a reason, nothing around them', () => {
    expect(checkResponseHead('200 OK', [])).toMatchObject({ status: '200 OK', code: 200 });
    for (const status of [
      '200',
      '200OK',
      ' 200 OK',
      '200  OK',
      '200 OK ',
      '',
      '20 OK',
      '2000 OK',
    ]) {
      expect(statusCode(status), status).toBe('bad-status');
    }
  });

  it('STAT-1 is a string', () => {
    for (const status of [200, null, undefined, ['200 OK'], Buffer.from('200 OK')]) {
      expect(statusCode(status)).toBe('bad-status');
    }
  });

  it('STAT-2 has no control character', () => {
    const statuses = [
      '200 OK\r\nX: y',
      '200 OK\n',
      '200 OK\r',
      '200 a\u007f',
      '200 a\tb',
      '200 \0',
    ];
    for (const status of statuses) {
      expect(statusCode(status), JSON.stringify(status)).toBe('bad-status');
    }
  });

  it('STAT-3 is Latin-1', () => {
    expect(statusCode('200 \u2713')).toBe('bad-status');
    expect(checkResponseHead('200 \u00e9', []).status).toBe('200 \u00e9');
  });

  it('STAT-4 may have an empty reason', () => {
    expect(checkResponseHead('204 ', [])).toMatchObject({ status: '204 ', code: 204 });
  });

  it('STAT-5 has a final code, 200 to 999', () => {
    for (const status of ['100 Continue', '103 Early Hints', '099 x', '000 x']) {
      expect(statusCode(status), status).toBe('bad-status');
    }
    expect(checkResponseHead('299 Fine', []).code).toBe(299);
    expect(checkResponseHead('999 Last', []).code).toBe(999);
  });

  it('STAT-6 keeps its reason', () => {
    expect(checkResponseHead('200 Froody', []).status).toBe('200 Froody');
  });

  it('STAT-1 to STAT-5 are what the accepted statuses have in common', () => {
    const text = fc.string({
      unit: fc.integer({ min: 0, max: 0x17f }).map((c) => String.fromCharCode(c)),
    });
    const near = fc
      .tuple(fc.integer({ min: 0, max: 1099 }), fc.constantFrom('', ' ', '  '), text)
      .map(([code, space, reason]) => `${code}${space}${reason}`);
    fc.assert(
      fc.property(fc.oneof(near, text), (status) => {
        const [, code = '', reason = ''] = /^(\d{3}) (.*)$/s.exec(status) ?? [];
        const printable = [...reason].every((c) => c >= ' ' && c !== '\x7f' && c <= '\xff');
        const legal =
          Number(code) >= 200 && printable && !reason.startsWith(' ') && !reason.endsWith(' ');
        expect(statusCode(status)).toBe(legal ? null : 'bad-status');
      }),
      { numRuns: 500 },
    );
  });
});

describe('headers', () => {
  it('HDR-1 have names that are tokens', () => {
    for (const name of [
      '',
      'X Y',
      'X:',
      'X\r',
      'N\u00e9',
      'X\n',
      ' X',
      'X ',
      '(X)',
      'X/Y',
      '\u212a',
    ]) {
      expect(headerCode([name, 'v']), JSON.stringify(name)).toBe('bad-header');
    }
    expect(headerCode(['X_y', 'v'], ['1a', 'v'], ["!#$%&'*+-.^_`|~", 'v'])).toBeNull();
  });

  it('HDR-2 have values without control characters', () => {
    for (let unit = 0; unit <= 0x1f; unit++) {
      const control = String.fromCharCode(unit);
      expect(headerCode(['X', `a${control}b`]), `0x${unit.toString(16)}`).toBe('bad-header');
      expect(headerCode(['X', `a${control}`]), `0x${unit.toString(16)}`).toBe('bad-header');
    }
    expect(headerCode(['X', 'a\x7f'])).toBe('bad-header');
  });

  it('HDR-3 have values without tabs', () => {
    expect(headerCode(['X', 'a\tb'])).toBe('bad-header');
    expect(headerCode(['X', '\ta'])).toBe('bad-header');
  });

  it('HDR-4 keep their order and duplicates', () => {
    const headers: HeaderList = [
      ['Set-Cookie', 'b=2'],
      ['X', '1'],
      ['Set-Cookie', 'a=1'],
      ['X', '1'],
    ];
    expect(checkResponseHead('200 OK', headers).headers).toEqual(headers);
  });

  it('HDR-5 have values in Latin-1', () => {
    expect(checkResponseHead('200 OK', [['X', 'caf\u00e9']]).headers).toEqual([['X', 'caf\u00e9']]);
    expect(headerCode(['X', '\u0100'])).toBe('bad-header');
    expect(headerCode(['X', '\ud800'])).toBe('bad-header');
  });

  it('HDR-6 have no Status among them', () => {
    expect(headerCode(['Status', '200'])).toBe('bad-header');
    expect(headerCode(['sTATUS', '200'])).toBe('bad-header');
  });

  it('HDR-7 have one Content-Length at most, in digits', () => {
    for (const value of ['-1', '+1', '1.0', '0x1', '', '1, 2', '1 2', '1e3', '9007199254740993']) {
      expect(headerCode(['Content-Length', value]), value).toBe('bad-content-length');
    }
    expect(headerCode(['Content-Length', '1'], ['content-length', '2'])).toBe('bad-content-length');
    const head = checkResponseHead('200 OK', [
      ['Content-Length', '5'],
      ['X', 'y'],
      ['content-length', ' 5 '],
    ]);
    expect(head.contentLength).toBe(5);
    expect(head.headers).toEqual([['X', 'y']]);
  });

  it('HDR-8 may have an empty value', () => {
    expect(checkResponseHead('200 OK', [['X-E', '']]).headers).toEqual([['X-E', '']]);
    expect(checkResponseHead('200 OK', [['X-E', '  ']]).headers).toEqual([['X-E', '']]);
  });

  it('HDR-9 keep the spelling of their names', () => {
    expect(checkResponseHead('200 OK', [['x-FoO', 'v']]).headers).toEqual([['x-FoO', 'v']]);
  });

  it('HDR-10 lose the spaces around their values, and nothing else', () => {
    const trimmed = (value: string) => checkResponseHead('200 OK', [['X', value]]).headers[0]?.[1];
    expect(trimmed(' v ')).toBe('v');
    expect(trimmed('  a  b  ')).toBe('a  b');
    expect(trimmed(' \u00a0v\u00c3\u00a0 ')).toBe('\u00a0v\u00c3\u00a0');
  });

  it('are an array of pairs of strings', () => {
    for (const pair of [['X'], ['X', 'y', 'z'], ['X', 1], [1, 'y'], 'XY', null, { X: 'y' }]) {
      expect(headerCode(pair), JSON.stringify(pair)).toBe('bad-header');
    }
    const notArrays: unknown[] = [null, undefined, {}, new Map([['X', 'y']]), 'XY'];
    for (const headers of notArrays) {
      expect(codeOf(() => checkResponseHead('200 OK', headers as HeaderList))).toBe('bad-header');
    }
  });

  it('are copied', () => {
    const headers: HeaderList = [['X', 'y']];
    const head = checkResponseHead('200 OK', headers);
    (headers[0] as [string, string])[1] = 'bad\r\nvalue';
    headers.push(['Y', 'z']);
    expect(head.headers).toEqual([['X', 'y']]);
  });

  it('tell whether Date and Server are there', () => {
    expect(checkResponseHead('200 OK', [])).toMatchObject({ hasDate: false, hasServer: false });
    const headers: HeaderList = [
      ['dAte', 'x'],
      ['SERVER', 'y'],
    ];
    expect(checkResponseHead('200 OK', headers)).toMatchObject({ hasDate: true, hasServer: true });
  });

  it('are bounded in size', () => {
    const half = 'v'.repeat(MAX_RESPONSE_HEAD / 2);
    expect(headerCode(['X', half])).toBeNull();
    expect(headerCode(['X', half], ['Y', half])).toBe('headers-too-large');
  });

  it('are judged the same however many names went before', () => {
    for (let n = 0; n < 5000; n++) expect(headerCode([`X-${n}`, 'v'])).toBeNull();
    expect(headerCode(['Connection', 'close'])).toBe('hop-by-hop-header');
    expect(headerCode(['bad name', 'v'])).toBe('bad-header');
  });

  it('HDR-1 to HDR-3 and HDR-5 keep a second line out', () => {
    const text = fc.string({
      unit: fc.integer({ min: 0, max: 0x17f }).map((c) => String.fromCharCode(c)),
    });
    fc.assert(
      fc.property(text, text, (name, value) => {
        const headers: HeaderList = [[name, value]];
        const code = headerCode(...headers);
        if (code !== null) return;
        expect(name).toMatch(/^[!-9;-~]+$/);
        expect(value).toMatch(/^[ -~\x80-\xff]*$/);
        expect(checkResponseHead('200 OK', headers).headers.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });
});

describe('hop-by-hop headers', () => {
  const names = [
    'Connection',
    'Keep-Alive',
    'Proxy-Authenticate',
    'Proxy-Authorization',
    'TE',
    'Trailer',
    'Trailers',
    'Transfer-Encoding',
    'Upgrade',
  ];

  it.each(names)('HOP-1 refuses %s in any case', (name) => {
    const odd = [...name].map((c, i) => (i % 2 ? c.toUpperCase() : c.toLowerCase())).join('');
    for (const spelling of [name, odd, name.toUpperCase(), name.toLowerCase()]) {
      expect(headerCode([spelling, 'x'])).toBe('hop-by-hop-header');
      expect(isHopByHop(spelling)).toBe(true);
    }
  });

  it('HOP-2 refuses Proxy-Connection', () => {
    expect(headerCode(['proxy-connection', 'keep-alive'])).toBe('hop-by-hop-header');
    expect(isHopByHop('Proxy-Connection')).toBe(true);
  });

  it('leaves the others', () => {
    for (const name of [
      'Content-Length',
      'Date',
      'Via',
      'X-Connection',
      'constructor',
      '__proto__',
    ]) {
      expect(isHopByHop(name)).toBe(false);
    }
  });
});
