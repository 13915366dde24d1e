/** Holds the suite to its own list: every obligation has a case or a reason, and no case an unknown one. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  deferred,
  faults,
  gatewayDeferred,
  gatewayFaults,
  gatewayObligations,
  obligations,
} from './obligations.ts';

const here = new URL('.', import.meta.url);
const source = new URL('../../src/', import.meta.url);

/** Titles begin with the ids of what they show, then say it. */
const TITLE = /['"`]((?:(?:[A-Z]{2,}-\d+|[OP]\d+)(?:, | (?=\S)))+)/g;

/** Where the gateways' obligations are shown: by tests of codecs, of gateways and of front ends. */
const elsewhere = ['test/', 'src/protocols/', 'src/gateways/'].map(
  (folder) => new URL(`../../${folder}`, import.meta.url),
);

function mentioned(): Set<string> {
  const ids = elsewhere.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('obligations.ts'))
      .filter((name) => folder.pathname.endsWith('/test/') || name.endsWith('.test.ts'))
      .flatMap(
        (name) => readFileSync(new URL(name, folder), 'utf8').match(/\b[A-Z]+-?\d+\b/g) ?? [],
      ),
  );
  return new Set(ids);
}

function claimed(): Set<string> {
  const files = readdirSync(here).filter((name) => name.endsWith('.ts'));
  const ids = files
    .filter((name) => name !== 'obligations.ts')
    .flatMap((name) => [...readFileSync(new URL(name, here), 'utf8').matchAll(TITLE)])
    .flatMap((match) => match[1]?.match(/[A-Z]+-?\d+/g) ?? []);
  return new Set(ids);
}

const numbered = (sections: Readonly<Record<string, number>>, joint: string) =>
  Object.entries(sections).flatMap(([code, count]) =>
    Array.from({ length: count }, (_, index) => `${code}${joint}${index + 1}`),
  );

describe('the conformance suite', () => {
  const known = [...numbered(obligations, '-'), ...numbered(faults, '')];

  it('has a case for every obligation, or says what it waits for', () => {
    const claims = claimed();
    expect(known.filter((id) => !claims.has(id) && !(id in deferred))).toEqual([]);
  });

  it('knows every obligation that a case claims, and defers none of them', () => {
    const claims = [...claimed()];
    expect(claims.filter((id) => !known.includes(id))).toEqual([]);
    expect(claims.filter((id) => id in deferred)).toEqual([]);
    expect(Object.keys(deferred).filter((id) => !known.includes(id))).toEqual([]);
  });

  it('has a test for every obligation of the other gateways, or says why not', () => {
    const all = [...numbered(gatewayObligations, '-'), ...numbered(gatewayFaults, '')];
    const mentions = mentioned();
    expect(all.filter((id) => !mentions.has(id) && !(id in gatewayDeferred))).toEqual([]);
    expect(Object.keys(gatewayDeferred).filter((id) => !all.includes(id))).toEqual([]);
  });

  it('APP-16 no application or middleware of this package reads hop-by-hop variables', () => {
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' });
    const readers = files
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      // Which are the server's business.
      .filter((name) => !/^(?:gateways|protocols|upstream)\//.test(name))
      .filter((name) =>
        /HTTP_(CONNECTION|KEEP_ALIVE|TE|TRAILER|TRANSFER_ENCODING|UPGRADE)\b/.test(
          readFileSync(new URL(name, source), 'utf8'),
        ),
      );
    expect(readers).toEqual([]);
  });
});
