import { expect, it } from 'vitest';
import { nearest } from './nearest.ts';

it.each([
  ['tiemout', ['timeout', 'bind'], 'timeout'],
  ['Bind', ['timeout', 'bind'], 'bind'],
  ['ap.ts', ['app.ts', 'map.ts'], 'app.ts'],
  ['zebra', ['timeout', 'bind'], null],
  ['x', [], null],
])('of %s among %j', (word, candidates, expected) => {
  expect(nearest(word, candidates)).toBe(expected);
});
