import type { KitCase } from './case.ts';

/**
 * The cases that names choose: an id, its beginning up to a dot, a level or a tag.
 *
 * @throws {TypeError} for a name that no case has.
 */
export function chooseCases(
  cases: readonly KitCase[],
  only: readonly string[],
  skip: readonly string[],
): KitCase[] {
  for (const name of [...only, ...skip]) {
    if (!cases.some((one) => isNamed(one, name))) {
      throw new TypeError(`no case of the conformance kit is called ${JSON.stringify(name)}`);
    }
  }
  return cases.filter(
    (one) =>
      (only.length === 0 || only.some((name) => isNamed(one, name))) &&
      !skip.some((name) => isNamed(one, name)),
  );
}

function isNamed({ id, level, tags = [] }: KitCase, name: string): boolean {
  return id === name || id.startsWith(`${name}.`) || level === name || tags.includes(name);
}
