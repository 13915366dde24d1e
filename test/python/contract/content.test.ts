/** What Python applications send. (PEP 3333, Buffering and Streaming; The write() Callable) */
import { describe, expect, it } from 'vitest';
import type { RequestSpec } from '../../conformance/harness.ts';
import { isPattern } from './pattern.ts';
import { sites, THREADS } from './site.ts';

const siteOf = sites();

const HTTP_10: RequestSpec = { protocol: 'HTTP/1.0' };

describe.each(THREADS)('content, %i threads', (threads) => {
  it.for([
    ['list', 'length'],
    ['tuple', 'length'],
    ['bytearrays', 'length'],
    ['subclass', 'length'],
    ['generator', 'chunked'],
    ['iterator', 'chunked'],
    ['sized', 'chunked'],
    ['indexed', 'chunked'],
    ['set', 'chunked'],
    ['map', 'chunked'],
    ['memoryviews', 'chunked'],
  ] as const)('%s of blocks', async ([kind, framing], context) => {
    const site = await siteOf(context, { threads });
    for (const blocks of ['all', 'a,,b,ccc', ',a', 'a,', ',']) {
      const path = `/content/returned?kind=${kind}&blocks=${blocks}`;
      const { answer } = await site.visit(path);
      const body = blocks.replaceAll(',', '');
      expect([answer.status, answer.body.toString(), answer.complete]).toEqual([200, body, true]);
      if (body !== '') expect(answer.framing).toBe(framing);
      const old = await site.visit(path, HTTP_10);
      expect([old.answer.body.toString(), old.answer.complete]).toEqual([body, true]);
      expect(old.answer.framing).not.toBe('chunked');
    }
  });

  it.for(['list', 'tuple', 'generator', 'iterator', 'sized', 'indexed'])(
    'an empty %s has Content-Length: 0',
    async (kind, context) => {
      const site = await siteOf(context, { threads });
      const { answer } = await site.visit(`/content/nothing?kind=${kind}`);
      expect([answer.status, answer.headers.get('Content-Length')]).toEqual([200, '0']);
      const head = await site.visit(`/content/nothing?kind=${kind}`, { method: 'HEAD' });
      expect(head.answer.headers.get('Content-Length')).toBeNull();
    },
  );

  it('a list that iterates differently is believed, and a view that is not in one piece', async (context) => {
    const site = await siteOf(context, { threads });
    const mine = await site.visit('/content/returned?kind=mine&blocks=a,b');
    expect(mine.answer.body.toString()).toBe('<a><b>');
    const views = await site.visit('/content/returned?kind=odd+views&blocks=abc');
    expect(views.answer.body).toEqual(Buffer.alloc(3));
  });

  it('a class can be the application', async (context) => {
    const site = await siteOf(context, { threads });
    expect((await site.visit('/content/Response')).answer.body.toString()).toBe('onetwo');
  });

  it.for([
    ["'text'", 'must be bytes, not str; encode it first'],
    ['7', 'must be bytes, not int'],
    ['None', 'must be bytes, not NoneType'],
    ["['nested']", 'must be bytes, not list'],
  ] as const)('%s is no block', async ([value, message], context) => {
    const site = await siteOf(context, { threads });
    for (const how of ['list', 'later']) {
      const path = `/content/wrong?how=${how}&value=${encodeURIComponent(value)}`;
      const { answer } = await site.visit(path);
      expect(how === 'later' ? answer.body.toString() : answer.status).toBe(
        how === 'later' ? 'first' : 500,
      );
      expect(answer.complete).toBe(how === 'list');
    }
    expect(site.served.log.some(({ fields }) => String(fields.error).includes(message))).toBe(true);
  });

  it.for(["'text'", "b'bytes'", 'None', '7', 'object()', 'print', 'iter'])(
    '%s is nothing to return',
    async (value, context) => {
      const site = await siteOf(context, { threads });
      const { answer } = await site.visit(`/content/wrong?value=${encodeURIComponent(value)}`);
      expect([answer.status, answer.body.toString()]).toEqual([500, 'Internal Server Error\n']);
    },
  );

  it('bytes pass as they are', async (context) => {
    const site = await siteOf(context, { threads });
    const { answer } = await site.visit('/content/every_byte');
    const every = Buffer.from(Array.from({ length: 256 }, (_, code) => code));
    expect(answer.body).toEqual(Buffer.concat([every, Buffer.from('\r\n\n\r0\r\n\r\n')]));
  });

  it('a buffer may be used again for the next block', async (context) => {
    const site = await siteOf(context, { threads });
    const { body } = (await site.visit('/content/reused')).answer;
    expect(body.length).toBe(200_000);
    expect(body.every((byte, at) => byte === Math.floor(at / 1000))).toBe(true);
  });

  it.for(['yield', 'write'])('a block is not kept for the next one: %s', async (how, context) => {
    const site = await siteOf(context, { threads });
    const gate = site.gate();
    const open = site.open(`/content/stepwise?how=${how}&gate=${gate.path}`, how);
    let text = '';
    while (text.length < 'seen? and '.length) text += await open.read();
    gate.open();
    for (let more = await open.read(); more !== null; more = await open.read()) text += more;
    expect(text).toBe('seen? and yes');
  });

  it('empty blocks commit nothing', async (context) => {
    const site = await siteOf(context, { threads });
    expect((await site.visit('/content/empty_then_error')).answer.status).toBe(500);
  });

  it.for([0, 1, 3, 65_535, 65_536, 65_537, 262_143, 262_144, 262_145, 1_000_003, 20 << 20])(
    '%i bytes are intact, whatever their blocks',
    async (size, context) => {
      const site = await siteOf(context, { threads });
      const kinds = ['kind=list', 'kind=list&block=50000', 'block=65536', 'block=300001'];
      if (size < 10) kinds.push('block=1');
      for (const kind of size > 2_000_000 ? kinds.slice(2) : kinds) {
        for (const length of ['', `&length=${size}`]) {
          const answer = await site.ask(`/content/pattern?size=${size}&${kind}${length}`);
          expect([kind, answer.complete, answer.body.length]).toEqual([kind, true, size]);
          expect(isPattern(answer.body)).toBe(true);
        }
      }
    },
  );

  describe('a declared length', () => {
    it.for([
      ['hello', 'list', 10, 'hello', false],
      ['hello,world', 'list', 5, 'hello', true],
      ['hello,world', 'list', 7, 'hellowo', true],
      ['hello', 'generator', 10, 'hello', false],
      ['hello,world', 'generator', 5, 'hello', true],
      ['hello,world', 'generator', 7, 'hellowo', true],
      ['hello,world', 'generator', 10, 'helloworld', true],
      ['hello,world', 'sized', 20, 'helloworld', false],
    ] as const)('%s as a %s, of %i', async ([blocks, kind, length, body, complete], context) => {
      const site = await siteOf(context, { threads });
      const key = `declared-${kind}-${length}-${blocks.length}`;
      const path = `/content/returned?kind=${kind}&blocks=${blocks}&length=${length}`;
      const late = site.lateErrors;
      const answer = await site.ask(path, key);
      expect(answer.headers.get('Content-Length')).toBe(String(length));
      expect([answer.body.toString(), answer.complete]).toEqual([body, complete]);
      const total = blocks.replaceAll(',', '').length;
      const errors = () => site.errorsOf(key).length + site.lateErrors - late;
      await expect.poll(errors).toBe(total === length ? 0 : 1);
    });

    it('none of it is 500', async (context) => {
      const site = await siteOf(context, { threads });
      expect((await site.visit('/content/returned?length=5')).answer.status).toBe(500);
    });

    it('is reached by blocks; the code behind the last one is run', async (context) => {
      const site = await siteOf(context, { threads });
      const gate = site.gate();
      const key = `reached-${threads}`;
      const answer = await site.ask(`/content/slowly_to_length?gate=${gate.path}`, key);
      expect([answer.body.toString(), answer.complete]).toEqual(['abcdef', true]);
      gate.open();
      expect(await site.recorded(key, 1)).toEqual(['behind the last block']);
    });

    it('ends an application that goes on with content, and the connection serves on', async (context) => {
      const site = await siteOf(context, { threads });
      const connection = await site.connect();
      for (let round = 0; round < 3; round++) {
        const target = `/content/beyond_length/beyond-${threads}-${round}`;
        connection.send(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
        const answer = await connection.readAnswer();
        expect([answer.body.toString(), answer.complete]).toEqual(['hello', true]);
        expect(await site.recorded(`beyond-${threads}-${round}`, 3)).toEqual([0, 1, 2]);
      }
      connection.close();
    });

    it('of an endless response is what is sent', async (context) => {
      const site = await siteOf(context, { threads });
      const key = `endless-${threads}`;
      const answer = await site.ask('/content/endless?size=1000&length=4500', key);
      expect([answer.body.length, answer.complete]).toEqual([4500, true]);
      expect(await site.recorded(key, 1)).toEqual(['left']);
    });
  });

  describe('without content', () => {
    it.for(['list', 'generator', 'sized'])('HEAD of a %s', async (kind, context) => {
      const site = await siteOf(context, { threads });
      const connection = await site.connect();
      for (const length of ['', '&length=3']) {
        const path = `/content/returned/k?kind=${kind}&blocks=a,bc${length}`;
        connection.send(`HEAD ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
        connection.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
        const head = await connection.readAnswer('HEAD');
        const get = await connection.readAnswer();
        expect([head.status, get.body.toString()]).toEqual([200, 'abc']);
        const expected = kind === 'list' || length !== '' ? '3' : null;
        expect(head.headers.get('Content-Length')).toBe(expected);
      }
      connection.close();
    });

    it.for(['204 No Content', '304 Not Modified', '205 Reset Content'])(
      '%s',
      async (status, context) => {
        const site = await siteOf(context, { threads });
        const connection = await site.connect();
        for (const kind of ['list', 'generator']) {
          for (const rest of ['', '&blocks=dropped', '&blocks=a,b&length=2']) {
            const target = `/content/returned/k?kind=${kind}&status=${status.replaceAll(' ', '+')}${rest}`;
            connection.send(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
            const answer = await connection.readAnswer();
            expect([answer.statusLine, answer.body.length]).toEqual([status, 0]);
            expect(answer.headers.has('Transfer-Encoding')).toBe(false);
            if (status.startsWith('204')) expect(answer.headers.has('Content-Length')).toBe(false);
          }
        }
        connection.close();
      },
    );

    it.for(['HEAD', '204', '304'])('%s ends an endless response at once', async (how, context) => {
      const site = await siteOf(context, { threads });
      const [path, spec] = without(how, '/content/endless?size=10');
      const { answer, events } = await site.visit(path, spec, 1);
      expect([answer.framing, events]).toEqual(['none', ['left']]);
    });

    it.for(['HEAD', '204'])('%s lets write() go on', async (how, context) => {
      const site = await siteOf(context, { threads });
      const gate = site.gate();
      const key = `written-${how}-${threads}`;
      const [path, spec] = without(how, `/content/written_many?count=500&gate=${gate.path}`);
      expect((await site.ask(path, key, spec)).framing).toBe('none');
      gate.open();
      expect(await site.recorded(key, 1)).toEqual(['all']);
      expect(site.errorsOf(key)).toEqual([]);
    });
  });

  describe('write()', () => {
    it.for([
      ['wa,wb,rc', 'abc'],
      ['wa,rb,rc', 'abc'],
      ['wa', 'a'],
      ['w,rab', 'ab'],
      ['w,w,w', ''],
      ['w,wa,w,r,rb', 'ab'],
    ] as const)('%s gives %s', async ([steps, body], context) => {
      const site = await siteOf(context, { threads });
      const { answer } = await site.visit(`/content/written?do=${steps}`);
      expect([answer.body.toString(), answer.complete]).toEqual([body, true]);
      const declared = await site.visit(`/content/written?do=${steps}&length=${body.length}`);
      expect(declared.answer.body.toString()).toBe(body);
      expect(declared.answer.headers.get('Content-Length')).toBe(String(body.length));
      const writes = steps.split(',').filter((step) => step.startsWith('w'));
      const path = `/content/written?tracked&do=${steps}`;
      const { events } = await site.visit(path, {}, writes.length + 1);
      expect(events).toEqual([...writes.map(() => null), 'close']);
    });

    it('raises where it would go beyond the declared length', async (context) => {
      const site = await siteOf(context, { threads });
      const { answer, events } = await site.visit('/content/written?do=wab,wcd&length=3');
      expect([answer.body.toString(), answer.complete]).toEqual(['ab', false]);
      expect(events).toEqual([null, expect.stringMatching(/^AssertionError: write\(\) exceeds/)]);
    });

    it('may be followed by nothing, and by an empty one, once the length is reached', async (context) => {
      const site = await siteOf(context, { threads });
      for (let round = 0; round < 20; round++) {
        const key = `round-${round}`;
        const answer = await site.ask('/content/written?do=wabc,w,w&length=3', key);
        expect(answer.body.toString()).toBe('abc');
        // The answer is whole before the application has done its part.
        expect(await site.recorded(key, 3)).toEqual([null, null, null]);
      }
    });

    it.for(["('text',)", '([1],)', '()', '(None,)', '(7,)', "(b'a', b'b')"])(
      'does not take %s',
      async (value, context) => {
        const site = await siteOf(context, { threads });
        const path = `/content/written_wrong?value=${encodeURIComponent(value)}`;
        const { answer, events } = await site.visit(path);
        expect([answer.status, events]).toEqual([500, ['TypeError']]);
      },
    );

    it('keeps its order with what is yielded', async (context) => {
      const site = await siteOf(context, { threads });
      const { answer } = await site.visit('/content/written_late');
      expect(answer.body.toString()).toBe('one,two,three,four');
      const many = await site.visit('/content/written_many?count=3000');
      const numbers = Array.from({ length: 3000 }, (_, number) => `${number},`).join('');
      expect(many.answer.body.toString()).toBe(`${numbers}end`);
    });

    it('has sent what it took when an error follows', async (context) => {
      const site = await siteOf(context, { threads });
      const { answer } = await site.visit('/content/written_then_error');
      expect([answer.body.toString(), answer.complete]).toEqual(['written', false]);
    });

    it('raises when the client is gone', async (context) => {
      const site = await siteOf(context, { threads });
      const open = site.open('/content/written_until_gone', `gone-${threads}`);
      await open.read();
      open.leave('reset');
      expect(await site.recorded(`gone-${threads}`, 1)).toEqual([
        expect.stringMatching(/^ClientGone: /),
      ]);
    });
  });
});

/** A request whose answer has no content: by its method, or by its status. */
function without(how: string, path: string): [path: string, spec: RequestSpec] {
  return how === 'HEAD' ? [path, { method: 'HEAD' }] : [`${path}&status=${how}+None`, {}];
}
