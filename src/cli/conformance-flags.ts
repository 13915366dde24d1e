import { parseArgs } from 'node:util';
import { nearest } from './nearest.ts';
import { UserError } from './user-error.ts';
import { parseValue } from './values.ts';

/** What `wizgi conformance` is told. */
export interface ConformanceFlags {
  readonly url: string | null;
  readonly only: readonly string[];
  readonly skip: readonly string[];
  /** In seconds. */
  readonly timeout: number;
  readonly strict: boolean;
  readonly json: boolean;
  readonly list: boolean;
  /** The language of the application whose place is asked for. */
  readonly path: 'python' | 'typescript' | null;
  readonly help: boolean;
}

const options = {
  only: { type: 'string', multiple: true },
  skip: { type: 'string', multiple: true },
  timeout: { type: 'string' },
  strict: { type: 'boolean' },
  json: { type: 'boolean' },
  list: { type: 'boolean' },
  path: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const LANGUAGES = ['python', 'typescript'] as const;

/** @throws {UserError} for what it does not understand. */
export function parseConformanceFlags(args: readonly string[]): ConformanceFlags {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) if (token.kind === 'option') check(token);
  const [first, ...more] = positionals;
  if (more.length > 0) throw new UserError(`one URL is judged at a time; there is also ${more[0]}`);
  const timeout = parseValue('timeout', 'seconds', (values.timeout as string | undefined) ?? '5');
  if (timeout === 0) throw new UserError('--timeout is 0; cases need some time');
  return {
    url: values.path === true ? null : (first ?? null),
    only: lists(values.only),
    skip: lists(values.skip),
    timeout: timeout as number,
    strict: values.strict === true,
    json: values.json === true,
    list: values.list === true,
    path: values.path === true ? language(first ?? 'python') : null,
    help: values.help === true,
  };
}

function check({ name, rawName, value }: { name: string; rawName: string; value?: unknown }): void {
  if (!Object.hasOwn(options, name) && name !== 'h') {
    const guess = nearest(name, Object.keys(options));
    const hint = guess === null ? '' : `; did you mean --${guess}?`;
    throw new UserError(`wizgi conformance has no flag ${rawName}${hint}`);
  }
  const takesValue = options[name as keyof typeof options]?.type === 'string';
  if (takesValue && (typeof value !== 'string' || value === '')) {
    throw new UserError(`${rawName} lacks its value`);
  }
  if (!takesValue && value !== undefined) throw new UserError(`${rawName} takes no value`);
}

/** Several names may be given at once, with commas between them. */
function lists(values: unknown): string[] {
  const all = Array.isArray(values) ? (values as string[]) : [];
  return all.flatMap((value) => value.split(',')).filter((name) => name !== '');
}

function language(name: string): 'python' | 'typescript' {
  const known = LANGUAGES.find((one) => one === name);
  if (known !== undefined) return known;
  throw new UserError(
    `the kit's application is there in ${LANGUAGES.join(' and ')}, not in ${name}`,
  );
}
