import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { afterArrivals } from './arrivals.ts';

/** Holds the whole process up. */
function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

it('comes behind data that had arrived when its time was over', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [peer] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => {
    for (const socket of [client, peer]) socket.destroy();
    server.close();
  });
  for (let round = 0; round < 10; round++) {
    const order: string[] = [];
    peer.once('data', () => order.push('data'));
    const over = new Promise<void>((resolve) => {
      setTimeout(() => order.push('timer'), 5);
      afterArrivals(5, () => {
        order.push('behind');
        resolve();
      });
    });
    client.write('x');
    block(20);
    await over;
    expect(order).toEqual(['timer', 'data', 'behind']);
  }
});

it('can be called off, before its time and after', async () => {
  let calls = 0;
  const offs = [0, 1].map((milliseconds) => afterArrivals(milliseconds, () => calls++));
  offs[0]?.();
  await new Promise<void>((resolve) => {
    setTimeout(() => {
      offs[1]?.();
      setTimeout(resolve, 20);
    }, 1);
  });
  expect(calls).toBe(0);
});
