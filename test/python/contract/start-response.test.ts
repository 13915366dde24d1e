/** start_response of a Python application. (PEP 3333, The start_response() Callable) */
import { describe, expect, it } from 'vitest';
import { sites, THREADS } from './site.ts';

const siteOf = sites();

describe.each(THREADS)('start_response, %i threads', (threads) => {
  it('gives a callable each time, and each writes to the answer that counts', async (context) => {
    const site = await siteOf(context, { threads });
    const { answer, events } = await site.visit('/starting/write_each_time');
    expect(answer.statusLine).toBe('200 Second');
    expect(answer.body.toString()).toBe('by the first, by the second');
    expect(events).toEqual([[true, true]]);
  });

  it('sends nothing by itself, nor does an empty block', async (context) => {
    const site = await siteOf(context, { threads });
    const connection = await site.connect();
    const gate = site.gate();
    connection.send(`GET /starting/waits/x?gate=${gate.path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    // Answered at the same time, so what came first would have been seen.
    if (threads > 1) await site.visit('/starting/snapshot');
    expect(connection.arrivals).toEqual([]);
    gate.open();
    expect((await connection.readAnswer()).statusLine).toBe('200 Changed');
    connection.close();
  });

  it.for(['twice', 'twice_after_bad'])('is refused the second time: %s', async (name, context) => {
    const site = await siteOf(context, { threads });
    const { answer, events } = await site.visit(`/starting/${name}`);
    expect(answer.status).toBe(500);
    expect(events).toEqual([expect.stringMatching(/^AssertionError: start_response was called/)]);
  });

  it('replaces status and all headers with exc_info, as often as need be', async (context) => {
    const site = await siteOf(context, { threads });
    const { answer } = await site.visit('/starting/replaced');
    expect([answer.statusLine, answer.body.toString()]).toEqual(['503 Third', 'replaced whole']);
    expect(answer.headers.get('X-Third')).toBe('3');
    expect(answer.headers.get('Content-Length')).toBe('14');
    expect(answer.raw).not.toMatch(/X-First|X-Second/);
  });

  it('leaves nothing to send where the replacement is bad', async (context) => {
    const site = await siteOf(context, { threads });
    const { answer, events } = await site.visit('/starting/replaced_by_bad');
    expect(answer.status).toBe(500);
    expect(answer.raw).not.toContain('X-First');
    expect(events).toEqual([expect.stringContaining('ValueError: bad status')]);
  });

  it.for([
    ['error_first', '500 Prepared', 'an error page'],
    ['empty_exc_info', '200 OK', 'no error'],
    ['by_name', '200 OK', 'by name'],
    ['lazily', '200 Late', 'late'],
    ['snapshot', '200 OK', 'x'],
  ] as const)('%s answers %s', async ([name, statusLine, body], context) => {
    const site = await siteOf(context, { threads });
    const { answer } = await site.visit(`/starting/${name}`);
    expect([answer.statusLine, answer.body.toString()]).toEqual([statusLine, body]);
    if (name === 'snapshot') expect(answer.raw).not.toMatch(/X-Later|X-A: 3/);
  });

  it.for(['block', 'write', 'length', 'length and write'])(
    'gives the error back when content was sent: %s',
    async (how, context) => {
      const site = await siteOf(context, { threads });
      const { answer, events } = await site.visit(
        `/starting/reraised?how=${how.replaceAll(' ', '+')}`,
        {},
        1,
      );
      expect(answer.status).toBe(200);
      expect(answer.body.toString()).toBe('first');
      expect(answer.complete).toBe(how.startsWith('length'));
      expect(events).toEqual([[true, 'RuntimeError: original']]);
    },
  );

  it.for(['never?what=none', 'never?what=some', 'never_list', 'content_first'])(
    'is missed: %s',
    async (path, context) => {
      const site = await siteOf(context, { threads });
      const closes = path.startsWith('never?') ? ['close'] : [];
      const { answer, events } = await site.visit(`/starting/${path}`, {}, closes.length);
      expect([answer.status, answer.body.toString()]).toEqual([500, 'Internal Server Error\n']);
      expect(events).toEqual(closes);
    },
  );

  it('is over with the response, and so is write()', async (context) => {
    const site = await siteOf(context, { threads });
    const { answer, events } = await site.visit('/starting/after_end', {}, 2);
    expect([answer.body.toString(), answer.complete]).toEqual(['all', true]);
    expect(events).toEqual([
      'AssertionError: start_response was called after the response ended',
      expect.stringMatching(/^AssertionError: write\(\) was called after/),
    ]);
  });

  it('keeps no reference to an error', async (context) => {
    const site = await siteOf(context, { threads });
    expect((await site.visit('/starting/forgets_error')).events).toEqual([true]);
  });
});

/** Calls start_response with arguments in Python's words. */
async function tried(
  context: Parameters<typeof siteOf>[0],
  call: string,
): Promise<{ raised: string | null; raw: string; complete: boolean }> {
  const site = await siteOf(context, { threads: 1 });
  const { answer, events } = await site.visit('/starting/tried', {
    method: 'POST',
    body: Buffer.from(call, 'latin1'),
  });
  if (events.length === 0) {
    expect(answer.body.toString()).toBe('taken');
    return { raised: null, raw: answer.raw, complete: answer.complete };
  }
  // Raised where the application can see it; and nothing of it reaches the client.
  expect([answer.status, answer.body.toString()]).toEqual([500, 'Internal Server Error\n']);
  expect(answer.raw).not.toMatch(/injected|X-Kept/i);
  return { raised: String(events[0]), raw: answer.raw, complete: answer.complete };
}

const raises = (how: string) => expect.stringMatching(new RegExp(`^${how}`));
const head = (status: string) => `('${status}', [('X-Kept', 'yes')])`;

describe('what start_response takes', () => {
  it.for([
    '200 OK',
    '200 Froody Dude',
    '299 x',
    '404 Not Found',
    '599 \\xe9\\xff',
    '999 Anything',
    '200 ',
  ])('status %s', async (status, context) => {
    const { raised, raw } = await tried(context, head(status));
    expect(raised).toBeNull();
    const line = JSON.parse(`"${status.replaceAll('\\x', '\\u00')}"`);
    expect(raw.split('\r\n')[0]).toBe(`HTTP/1.1 ${line}`);
    expect(raw).toContain('\r\nX-Kept: yes\r\n');
  });

  it.for([
    ["'200'", 'ValueError'],
    ["'200OK'", 'ValueError'],
    ["' 200 OK'", 'ValueError'],
    ["'200  OK'", 'ValueError'],
    ["'200 OK '", 'ValueError'],
    ["'20 OK'", 'ValueError'],
    ["'2000 OK'", 'ValueError'],
    ["'OK'", 'ValueError'],
    ["''", 'ValueError'],
    ["'200 OK\\n'", 'ValueError'],
    ["'200 OK\\r\\nInjected: 1'", 'ValueError'],
    ["'200 a\\tb'", 'ValueError'],
    ["'200 a\\x7f'", 'ValueError'],
    ["'200 a\\0'", 'ValueError'],
    ["'200 \\u2713'", 'ValueError'],
    ["'2\\u0660\\u0660 OK'", 'ValueError: bad status'],
    ["'100 Continue'", 'ValueError'],
    ["'101 Switching Protocols'", 'ValueError'],
    ["'103 Early Hints'", 'ValueError'],
    ["'099 x'", 'ValueError'],
    ["b'200 OK'", 'TypeError'],
    ['200', 'TypeError'],
    ['None', 'TypeError'],
    ["['200 OK']", 'TypeError: status'],
  ] as const)('not status %s', async ([status, type], context) => {
    const { raised } = await tried(context, `(${status}, [('X-Kept', 'yes')])`);
    expect(raised).toEqual(raises(type));
  });

  it.for([
    ["('X_y', 'b')", 'X_y: b'],
    ["('1a', 'b')", '1a: b'],
    ['("!#$%&\'*+-.^_`|~", "b")', "!#$%&'*+-.^_`|~: b"],
    ["('x-FoO', 'Kept As IS')", 'x-FoO: Kept As IS'],
    ["['X-List', 'for a tuple']", 'X-List: for a tuple'],
    ["('X-Empty', '')", 'X-Empty:'],
    ["('X-Latin', 'caf\\xe9\\xff\\x80\\xa0.')", 'X-Latin: caf\u00e9\u00ff\u0080\u00a0.'],
    ["('X-Trimmed', '  v w  ')", 'X-Trimmed: v w'],
    ["('X-Quoted', '\"a\\\\b\", c;d=e:f')", 'X-Quoted: "a\\b", c;d=e:f'],
    ["('date', 'Thu, 01 Jan 1970 00:00:00 GMT')", 'date: Thu, 01 Jan 1970 00:00:00 GMT'],
    ["('SERVER', 'its own')", 'SERVER: its own'],
    ["('content-LENGTH', '5')", 'Content-Length: 5'],
    ["('Content-Length', ' 5 ')", 'Content-Length: 5'],
  ] as const)('header %s', async ([header, line], context) => {
    const { raised, raw } = await tried(context, `('200 OK', [${header}])`);
    expect(raised).toBeNull();
    const lines = raw.split('\r\n').map((text) => text.replace(/: $/, ':'));
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    const same = lines.filter((text) => text.toLowerCase().startsWith(`${name}:`));
    expect(same.map((text) => text.toLowerCase())).toEqual([line.toLowerCase()]);
    if (name !== 'content-length') expect(same).toEqual([line]);
  });

  it.for([
    ["['ab']", 'TypeError'],
    ["[('X-A', 'b', 'c')]", 'TypeError'],
    ["[('X-A',)]", 'TypeError'],
    ['[None]', 'TypeError'],
    ['[7]', 'TypeError'],
    ["[('X-A', None)]", 'TypeError'],
    ["[('X-A', 7)]", 'TypeError'],
    ["[('X-A', b'bytes')]", 'TypeError'],
    ["[(b'X-A', 'x')]", 'TypeError'],
    ["[(b'X-A', b'x')]", 'TypeError'],
    ["[(None, 'x')]", 'TypeError'],
    ["[(7, 'x')]", 'TypeError'],
    ["[(['X-A'], 'x')]", 'TypeError'],
    ["(('X-A', 'a tuple of them'),)", 'TypeError'],
    ["{'X-A': 'dict'}", 'TypeError'],
    ["iter([('X-A', 'iterator')])", 'TypeError'],
    ['None', 'TypeError'],
    ["'X-A: b'", 'TypeError'],
    ["[('', 'x')]", 'ValueError'],
    ["[('X Y', 'x')]", 'ValueError'],
    ["[('X-A:', 'x')]", 'ValueError'],
    ["[('X-A\\r\\nInjected', 'x')]", 'ValueError'],
    ["[('X-A\\n', 'x')]", 'ValueError'],
    ["[('X-A\\0', 'x')]", 'ValueError'],
    ["[('X-\\xe9', 'x')]", 'ValueError'],
    ["[('X-\\u0100', 'x')]", 'ValueError'],
    ["[('X-A', 'a\\r\\nInjected: 1')]", 'ValueError'],
    ["[('X-A', 'a\\nInjected: 1')]", 'ValueError'],
    ["[('X-A', 'a\\r')]", 'ValueError'],
    ["[('X-A', '\\n')]", 'ValueError'],
    ["[('X-A', 'a\\0b')]", 'ValueError'],
    ["[('X-A', 'a\\tb')]", 'ValueError'],
    ["[('X-A', 'a\\x7f')]", 'ValueError'],
    ["[('X-A', 'a\\x1b[2J')]", 'ValueError'],
    ["[('X-A', '\\u20ac')]", 'ValueError'],
    ["[('X-A', '\\u010a')]", 'ValueError'],
    ["[('X-A', '\\ud800')]", 'ValueError'],
    ["[('Status', '200 OK')]", 'AssertionError'],
    ["[('sTATUS', '200 OK')]", 'AssertionError'],
    ["[('Content-Length', '')]", 'ValueError'],
    ["[('Content-Length', 'abc')]", 'ValueError'],
    ["[('Content-Length', '-1')]", 'ValueError'],
    ["[('Content-Length', '+5')]", 'ValueError'],
    ["[('Content-Length', '5.0')]", 'ValueError'],
    ["[('Content-Length', '0x5')]", 'ValueError'],
    ["[('Content-Length', '5_0')]", 'ValueError'],
    ["[('Content-Length', '5, 5')]", 'ValueError'],
    ["[('Content-Length', '\\xb2')]", 'ValueError'],
    ["[('Content-Length', 5)]", 'TypeError'],
    ["[('Content-Length', '9' * 20)]", 'ValueError'],
    ["[('Content-Length', str(2 ** 53 + 1))]", 'ValueError'],
    ["[('Content-Length', '5'), ('content-length', '6')]", 'ValueError'],
  ] as const)('not headers %s', async ([headers, type], context) => {
    const { raised } = await tried(context, `('200 OK', ${headers})`);
    expect(raised).toEqual(raises(type));
  });

  it.for([
    'Connection',
    'keep-ALIVE',
    'Proxy-Authenticate',
    'proxy-authorization',
    'Proxy-Connection',
    'tE',
    'Trailer',
    'TRAILERS',
    'transfer-Encoding',
    'Upgrade',
  ])('not the hop-by-hop header %s', async (name, context) => {
    const { raised } = await tried(context, `('200 OK', [('${name}', 'x')])`);
    expect(raised).toEqual(raises('AssertionError'));
    // Known by now; refused again all the same.
    const again = await tried(context, `('200 OK', [('X-A', 'b'), ('${name}', 'x')])`);
    expect(again.raised).toBe(raised);
  });

  it('repeated headers, in their order, none joined', async (context) => {
    const headers = "[('Set-Cookie', 'a=1'), ('X-B', '2'), ('set-cookie', 'c=3'), ('X-B', '4')]";
    const { raw } = await tried(context, `('200 OK', ${headers})`);
    expect(raw).toContain('\r\nSet-Cookie: a=1\r\nX-B: 2\r\nset-cookie: c=3\r\nX-B: 4\r\n');
  });

  it('the same Content-Length twice, which is sent once', async (context) => {
    const headers = "[('Content-Length', '5'), ('X-A', 'b'), ('Content-Length', '5')]";
    const { raw, complete } = await tried(context, `('200 OK', ${headers})`);
    expect(raw.match(/^content-length: 5$/gim)).toHaveLength(1);
    expect(complete).toBe(true);
  });

  it('a str that is more than that', async (context) => {
    const named = "(type('Name', (str,), {})('200 OK'), [(type('Name', (str,), {})('X-A'), 'b')])";
    const { raw } = await tried(context, named);
    expect(raw).toContain('\r\nX-A: b\r\n');
  });

  it('thousands of different names and statuses', async (context) => {
    for (let count = 0; count < 3; count++) {
      const names = `[(f'X-{n}', str(n)) for n in range(${count * 1500}, ${count * 1500 + 1000})]`;
      const { raw } = await tried(context, `('2${10 + count} Many', ${names})`);
      expect(raw.match(/^X-\d+: \d+$/gm)).toHaveLength(1000);
    }
    expect((await tried(context, "('200 OK', [('Connection', 'close')])")).raised).toEqual(
      raises('AssertionError'),
    );
  });
});
