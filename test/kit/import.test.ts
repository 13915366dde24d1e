/** The kit's application runs where there is nothing of Node.js. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as testing from 'wizgi/testing';
import { asyncKitApplication, kitApplication } from 'wizgi/testing/kit';

it('wizgi/testing/kit has the applications of wizgi/testing', () => {
  expect(kitApplication).toBe(testing.kitApplication);
  expect(asyncKitApplication).toBe(testing.asyncKitApplication);
});

it('it imports nothing but types from outside its folder', () => {
  const folder = new URL('../../src/testing/kit/application/', import.meta.url);
  const texts = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'));
  const imports = texts.flatMap((text) => [
    ...text.matchAll(/^(?:import|export)\s+(?!type\s)[^;]*?from '([^']+)'/gm),
  ]);
  const outside = imports
    .map((match) => match[1])
    .filter((from) => !/^\.\/[\w-]+\.ts$/.test(from ?? ''));
  expect(outside).toEqual([]);
  expect(imports.length).toBeGreaterThan(10);
});
