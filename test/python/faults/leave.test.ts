/** Clients that leave. */
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { get, until } from '../../http/kit.ts';
import { descriptors, type Scene, stage } from './kit.ts';

/** Sends a request, leaves when `moment` has come, and waits until the socket is closed. */
function visit(scene: Scene, bytes: string, moment: 'at once' | 'later' | 'mid-answer') {
  const { port } = new URL(scene.server.addresses[0] as string);
  return new Promise<void>((resolve) => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.on('connect', () => {
      socket.write(bytes, () => {
        if (moment === 'at once') socket.resetAndDestroy();
        if (moment === 'later') setTimeout(() => socket.resetAndDestroy(), Math.random() * 20);
      });
    });
    socket.on('data', () => {
      if (moment === 'mid-answer') socket.resetAndDestroy();
    });
  });
}

const UPLOAD = `POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1000)}`;

/** How clients leave: in the first places, so the most often, while their requests wait or run. */
const ways: [string, 'at once' | 'later' | 'mid-answer'][] = [
  [get('/doze'), 'later'],
  [get('/doze'), 'later'],
  [get('/doze'), 'at once'],
  [UPLOAD, 'later'],
  [get('/doze'), 'later'],
  [get('/file'), 'mid-answer'],
  [get('/doze'), 'later'],
  [get('/endless'), 'mid-answer'],
];

describe('clients that leave', () => {
  it.for([
    [1, 400],
    [4, 1_000],
  ] as const)(
    'workers of %d threads, %d clients: nothing is left of them',
    async ([threads, clients], context) => {
      const scene = await stage(context, 'faulty', { workers: 2, threads });
      await scene.worker(1);
      const pids = scene.living;
      const quiet = () => scene.lines('opened').length === scene.lines('closed').length;
      for (const [bytes, moment] of ways) await visit(scene, bytes, moment);
      await until('the workers to be idle', quiet);
      const counts = () => [descriptors(), ...pids.map(descriptors)];
      const before = counts();
      const visits = new Set<Promise<void>>();
      for (let count = 0; count < clients; count++) {
        const [bytes, moment] = ways[count % ways.length] as (typeof ways)[number];
        const one = visit(scene, bytes, moment);
        visits.add(one);
        void one.then(() => visits.delete(one));
        if (visits.size >= 32) await Promise.race(visits);
      }
      await Promise.all(visits);
      await until('all descriptors to be closed', () =>
        counts().every((count, index) => count <= (before[index] as number)),
      );
      await until('all to be closed', quiet);
      expect(scene.lines('opened').length).toBeGreaterThan(clients / 10);
      for (let count = 0; count < 10; count++) {
        await expect.poll(() => scene.get('/left')).toMatchObject({ status: 200, body: '0' });
      }
      expect(scene.living).toEqual(pids);
      expect(scene.log.loud.filter((line) => line.startsWith('error'))).toEqual([]);
    },
  );
});
