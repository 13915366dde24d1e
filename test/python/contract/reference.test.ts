/** The same applications under wsgiref.handlers of CPython: clients see the same, where that is right. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseHead } from '../../conformance/wire.ts';
import { need } from '../../interop/components.ts';
import { APPS, sites, THREADS } from './site.ts';

const siteOf = sites();

const SCRIPT = fileURLToPath(new URL('reference.py', import.meta.url));

/** Where wsgiref and PEP 3333 agree. */
const targets = [
  ...['error_first', 'empty_exc_info', 'by_name', 'snapshot', 'replaced', 'write_each_time'].map(
    (name) => `/starting/${name}/k`,
  ),
  ...['list', 'tuple', 'generator', 'iterator', 'indexed', 'mine', 'set', 'map'].flatMap((kind) =>
    ['all', 'a,,b,ccc', 'a,', 'a,b'].map(
      (blocks) => `/content/returned/k?kind=${kind}&blocks=${blocks}`,
    ),
  ),
  ...['list', 'tuple', 'generator', 'sized'].map((kind) => `/content/nothing/k?kind=${kind}`),
  ...['wa,wb,rc', 'wa,rb,rc', 'wa', 'w,rab', 'wa,w,r,rb'].map(
    (steps) => `/content/written/k?do=${steps}`,
  ),
  '/content/returned/k?status=299+Fine&blocks=a',
  '/content/returned/k?status=404+Not+Here&blocks=a&kind=generator',
  '/content/Response/k',
  '/content/every_byte/k',
  '/content/written_late/k',
  '/content/written_many/k?count=100',
  '/content/slowly_to_length/k',
  '/content/pattern/k?size=1000000&block=70000',
  '/content/pattern/k?size=70000&kind=list&length=70000',
  ...[
    'buffered',
    'raw',
    'memory',
    'plain',
    'temporary',
    'named',
    'gzip',
    'pipe',
    'decoding',
  ].flatMap((kind) => [
    `/files/wrapped/k?kind=${kind}&size=1000`,
    `/files/wrapped/k?kind=${kind}&size=200000&at=7000`,
  ]),
  '/files/wrapped/k?kind=buffered&size=300000&how=written',
  '/reading/echo/k',
  '/reading/ignored/k',
  '/reading/partly/k',
  '/reading/digest/k?block=7',
];

/** Errors: the same status, and none of the content, or the same beginning of it. */
const failing = [
  '/starting/twice/k',
  '/starting/never/k?what=none',
  '/starting/never/k?what=some',
  '/starting/content_first/k',
  '/starting/reraised/k?how=block',
  '/starting/reraised/k?how=write',
  '/content/written_then_error/k',
  "/content/wrong/k?value='text'&how=list",
  "/content/wrong/k?value='text'&how=later",
  '/content/wrong/k?value=None',
  '/failing/raises/k?error=exception&when=first',
  '/failing/raises/k?error=exception&when=started',
  '/failing/raises/k?error=exception&when=iterated',
  '/failing/raises/k?error=exception&when=block',
  '/failing/page/k',
];

const BODY = 'first line\nsecond line\n\nthe rest';

interface Seen {
  readonly status: string;
  readonly fields: readonly string[];
  readonly length: string | null;
  readonly body: Buffer;
}

/** What of a head does not depend on the server. */
function seen(raw: string, body: Buffer): Seen {
  const { statusLine, headers } = parseHead(raw);
  const own = /^(?:date|server|connection|transfer-encoding|content-length|keep-alive):/i;
  const fields = raw
    .trimEnd()
    .split('\r\n')
    .slice(1)
    .filter((line) => !own.test(line));
  return { status: statusLine, fields, length: headers.get('Content-Length'), body };
}

function underWsgiref(python: string, asked: readonly string[]): Seen[] {
  const body = Buffer.from(BODY).toString('base64');
  const input = JSON.stringify(asked.map((target) => ['POST', target, body]));
  const { status, stdout, stderr } = spawnSync(python, ['-I', '-B', SCRIPT, APPS], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(stderr);
  return (JSON.parse(stdout) as string[]).map((answer) => {
    const data = Buffer.from(answer, 'base64');
    const end = data.indexOf('\r\n\r\n') + 4;
    return seen(data.subarray(0, end).toString('latin1'), data.subarray(end));
  });
}

const body = Buffer.from(BODY);

describe.each(THREADS)('as under wsgiref, %i threads', (threads) => {
  it('what is answered', async (context) => {
    const site = await siteOf(context, { threads });
    const expected = underWsgiref(need('python3', context), targets);
    for (const [index, target] of targets.entries()) {
      const reference = expected[index] as Seen;
      const answer = await site.served.request({ method: 'POST', target, body });
      const ours = seen((answer as typeof answer & { raw: string }).raw, answer.body);
      expect([target, ours.status, ours.fields]).toEqual([
        target,
        reference.status,
        reference.fields,
      ]);
      expect([target, ours.body.equals(reference.body), answer.complete]).toEqual([
        target,
        true,
        true,
      ]);
      // Each may know a length that the other does not look for.
      if (ours.length !== null && reference.length !== null) {
        expect([target, ours.length]).toEqual([target, reference.length]);
      }
    }
  });

  it('what fails', async (context) => {
    const site = await siteOf(context, { threads });
    const expected = underWsgiref(need('python3', context), failing);
    for (const [index, target] of failing.entries()) {
      const reference = expected[index] as Seen;
      const answer = await site.served.request({ method: 'POST', target, body });
      expect([target, answer.status]).toEqual([target, Number(reference.status.slice(0, 3))]);
      if (answer.status === 200) {
        expect([target, answer.body.equals(reference.body), answer.complete]).toEqual([
          target,
          true,
          false,
        ]);
      }
    }
  });
});
