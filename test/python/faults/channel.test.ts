/** Applications that write on the channel between worker and server. */
import { expect, it } from 'vitest';
import { FROM } from '../../../src/python/messages.ts';
import { until } from '../../http/kit.ts';
import { gone, type Scene, stage } from './kit.ts';

/** A frame, in hexadecimal; with sizes other than those of its parts, if given. */
function frame(type: number, id: number, text: string, content: string, sizes = [0, 0]): string {
  const head = Buffer.alloc(13);
  head.writeUInt8(type);
  head.writeUInt32LE(id, 1);
  head.writeUInt32LE(sizes[0] || text.length, 5);
  head.writeUInt32LE(sizes[1] || content.length, 9);
  return Buffer.concat([head, Buffer.from(text + content, 'latin1')]).toString('hex');
}

const say = (scene: Scene, data: string, then = '') => scene.get(`/say?${data}&${then}`);

const garbage: [string, string][] = [
  ['zeros', '00'.repeat(64)],
  ['text', Buffer.from('Traceback (most recent call last):\n').toString('hex')],
  ['every byte', Buffer.from(Array.from({ length: 256 }, (_, byte) => 255 - byte)).toString('hex')],
  ['a type that there is not', frame(200, 1, '', '')],
  ['a text that is too long', frame(FROM.ANSWER, 1, 'x', '', [0xffffffff, 0])],
  ['content that is too long', frame(FROM.BLOCK, 1, '', 'x', [0, 0xffffffff])],
  ['an answer to what was not asked', frame(FROM.ANSWER, 77, '200 OK', 'forged')],
  ['the end of what was not asked', frame(FROM.END, 77, '', '')],
  ['a block of what was not asked', frame(FROM.BLOCK, 0, '', 'forged')],
  ['a wish for what was not asked', frame(FROM.WANT, 77, '', '')],
  ['a call of middleware that is none', frame(FROM.CALL, 1, 'no JSON', '')],
];

it.for(garbage)(
  '%s: the channel is closed, 502, the worker replaced',
  async ([what, data], context) => {
    const threads = garbage.findIndex(([name]) => name === what) % 2 === 0 ? 1 : 3;
    const scene = await stage(context, 'faulty', { threads });
    const [pid = 0] = scene.served;
    expect((await say(scene, data, 'stay')).status).toBe(502);
    await gone([pid]);
    expect(await scene.get('/pid')).toMatchObject({ status: 200, body: `${scene.served[1]}` });
    expect(scene.logged('worker out of step', pid)).toHaveLength(1);
    expect(scene.logged('worker died', pid)).toHaveLength(1);
  },
);

it.for([
  ['half a head', frame(FROM.ANSWER, 1, '', '').slice(0, 10)],
  ['half a text', frame(FROM.ANSWER, 1, '200 OK', '', [100, 0])],
  ['half a short answer', frame(FROM.ANSWER, 1, '200 OK', '', [6, 100])],
] as const)('%s, and then the end: 502', async ([, data], context) => {
  const scene = await stage(context, 'faulty');
  expect((await say(scene, data, 'exit')).status).toBe(502);
  expect((await scene.get('/pid')).status).toBe(200);
});

it('part of an answer, and then the end: cut', async (context) => {
  const scene = await stage(context, 'faulty');
  const data = frame(FROM.ANSWER, 1, '200 OK\nContent-Length\n100', 'part', [0, 100]);
  expect(await say(scene, data, 'exit')).toMatchObject({ status: 200, complete: false });
  expect((await scene.get('/pid')).status).toBe(200);
});

it('half a frame that swallows what follows: ended by the watchdog', async (context) => {
  const scene = await stage(context, 'faulty', { timeout: 0.6 });
  const [pid = 0] = scene.served;
  const data = frame(FROM.ANSWER, 1, '200 OK', '', [10_000, 0]);
  expect((await say(scene, data)).status).toBe(504);
  await gone([pid]);
  expect((await scene.get('/pid')).status).toBe(200);
});

it('two answers to one request: the first counts, the worker is replaced', async (context) => {
  const scene = await stage(context, 'faulty');
  const [pid = 0] = scene.served;
  const data = frame(FROM.ANSWER, 1, '200 OK', 'forged');
  // The worker's own answer is the second one.
  expect(await say(scene, data)).toMatchObject({ status: 200, body: 'forged' });
  await gone([pid]);
  expect((await scene.get('/pid')).status).toBe(200);
  expect(scene.logged('worker out of step', pid)).toHaveLength(1);
});

it('heads that no application could give cannot be smuggled in', async (context) => {
  const scene = await stage(context, 'faulty', { threads: 8 });
  const heads = ['200 OK\r\nX: y', '200 OK\nX\r\nY\nz', '200 OK\nX\ny\r\nZ: 1', '101 Switch'];
  for (const [index, head] of heads.entries()) {
    const data = frame(FROM.ANSWER, index + 1, head, 'forged');
    expect(await say(scene, data, 'stay')).toMatchObject({ status: 500, complete: true });
  }
  const errors = scene.logged('application error').map(({ fields }) => String(fields['error']));
  expect(errors.filter((error) => error.startsWith('WsgiError: '))).toHaveLength(heads.length);
});

it('requests in other threads and workers are not concerned', async (context) => {
  const scene = await stage(context, 'faulty', { workers: 2 });
  await scene.worker(1);
  const waiting = scene.get('/wait');
  const pid = Number(await until('it to begin', () => scene.lines('begun')[0]));
  expect((await say(scene, '00'.repeat(20), 'stay')).status).toBe(502);
  scene.write('go', '');
  expect(await waiting).toMatchObject({ status: 200, body: `${pid}` });
});

it.for([
  ['no JSON', 'no JSON'],
  ['a number', '5'],
  ['nothing', 'null'],
] as const)('middleware that calls with %s: 502, replaced', async ([, text], context) => {
  const scene = await stage(context, 'faulty:around', { around: () => [] });
  const [pid = 0] = scene.served;
  expect((await say(scene, frame(FROM.CALL, 1, text, ''), 'stay')).status).toBe(502);
  await gone([pid]);
  expect(await scene.get('/pid')).toMatchObject({ status: 200, body: `${scene.served[1]}` });
});
