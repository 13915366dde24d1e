import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pace } from './pace.ts';

/** A pace after batches of requests that all took so long, in microseconds. */
function paceOf(...batches: readonly (readonly [time: number, count: number])[]): Pace {
  const pace = new Pace();
  for (const [time, count] of batches) pace.measured(time, time * count, count);
  return pace;
}

describe('Pace', () => {
  it('takes requests for just short at first', () => {
    expect(new Pace().prefetch).toBe(3);
  });

  it.each([
    [1, 128],
    [9, 128],
    [98, 122],
    [450, 26],
    [990, 12],
    [2_900, 4],
    [3_900, 3],
    [4_100, 0],
    [1_000_000, 0],
  ])('of requests of %i µs, %i may wait in a worker', (time, prefetch) => {
    const batches = Array.from({ length: 200 }, () => [time, 1] as const);
    expect(paceOf(...batches).prefetch).toBe(prefetch);
  });

  it('counts how soon a thread is free, not how long each request takes', () => {
    const pace = paceOf(...Array.from({ length: 200 }, () => [9_900, 1] as const));
    expect(pace.prefetch).toBe(0);
    // Two reports may be read at once.
    for (let count = 0; count < 200; count++) pace.busy(count % 2 === 0 ? 2_400 : 0, 4);
    expect(pace.prefetch).toBeGreaterThan(35);
    expect(pace.prefetch).toBeLessThan(45);
    expect(pace.ahead).toBeGreaterThan(11);
    expect(pace.together).toBeLessThan(2);
    // Threads that compute take turns.
    for (let count = 0; count < 200; count++) pace.busy(40_000, 4);
    expect(pace.prefetch).toBe(0);
  });

  it.each([
    [9, 64, 33],
    [98, 40, 3],
    [480, 8, 0],
  ])(
    'of requests of %i µs, %i keep a worker busy, %i go to one at once',
    (time, ahead, together) => {
      const batches = Array.from({ length: 200 }, () => [time, 1] as const);
      const pace = paceOf(...batches);
      expect([pace.ahead, pace.together]).toEqual([ahead, together]);
    },
  );

  it('one slow request among fast ones stops it at once, and is forgotten later', () => {
    const fast = Array.from({ length: 100 }, () => [20, 8] as const);
    expect(paceOf(...fast).prefetch).toBeGreaterThan(30);
    expect(paceOf(...fast, [21_000, 1]).prefetch).toBe(0);
    expect(paceOf(...fast, [21_000, 1], ...fast).prefetch).toBeGreaterThan(30);
  });

  it('forgets by requests, not by reports', () => {
    const once = paceOf([6_000, 1], [20, 600]);
    const often = paceOf([6_000, 1], ...Array.from({ length: 600 }, () => [20, 1] as const));
    expect(Math.abs(once.prefetch - often.prefetch)).toBeLessThanOrEqual(1);
    expect(once.prefetch).toBeGreaterThan(30);
  });

  it('gives a whole number from 0 to 128 whatever it is told', () => {
    const reports = fc.array(
      fc.tuple(fc.nat({ max: 2 ** 32 - 1 }), fc.nat({ max: 2 ** 32 - 1 }), fc.nat({ max: 1e6 })),
    );
    fc.assert(
      fc.property(reports, (list) => {
        const pace = new Pace();
        for (const report of list) {
          pace.measured(...report);
          pace.busy(report[1], report[2]);
          const { prefetch } = pace;
          expect(Number.isInteger(prefetch) && prefetch >= 0 && prefetch <= 128).toBe(true);
        }
      }),
    );
  });
});
