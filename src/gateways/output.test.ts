import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Clock } from './clock.ts';
import { Output } from './output.ts';

describe('Output', () => {
  it('a write that fails is not one that was taken', async () => {
    let fail: (error: Error) => void = () => undefined;
    // A socket's writes fail at a moment that only the system chooses.
    const socket = new Duplex({
      read: () => undefined,
      write: (_data, _encoding, done) => {
        fail = done;
      },
    });
    const errored = new Promise((resolve) => socket.once('error', resolve));
    let drained = 0;
    const output = new Output(socket as Socket, new Clock([]), () => {
      // What an application does that is asked for more.
      if (++drained < 1000) output.write('more');
    });
    expect(output.write('first')).toBe(false);
    fail(new Error('EPIPE'));
    await errored;
    expect([drained, output.pending]).toEqual([0, true]);
  });

  it('one that was taken late is told', async () => {
    let taken: () => void = () => undefined;
    const socket = new Duplex({
      read: () => undefined,
      write: (_data, _encoding, done) => {
        taken = done;
      },
    });
    const told = new Promise<void>((resolve) => {
      const output = new Output(socket as Socket, new Clock([]), resolve);
      output.write('first');
    });
    taken();
    await told;
  });
});
