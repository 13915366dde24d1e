import { parseArgs } from 'node:util';
import { type CgiTableOptions, cgiOptionTable } from '../gateways/cgi/options.ts';
import {
  type OptionKind,
  type OptionRow,
  type OptionsOf,
  type OptionTable,
  optionTable,
  type ServerOptions,
} from '../gateways/options.ts';
import { pythonOptionTable } from '../python/options.ts';
import { balanceOptionTable, upstreamOptionTable } from '../upstream/options.ts';
import { aliases, type CommandOption, commandOptions } from './command-options.ts';
import { nearest } from './nearest.ts';
import { unavailable, unavailableShort } from './unavailable.ts';
import { UserError } from './user-error.ts';
import { parseValue } from './values.ts';

/** What the flags of a command line say; nothing for those that were not given. */
export interface Flags {
  readonly positionals: readonly string[];
  readonly server: ServerOptions;
  readonly python: OptionsOf<typeof pythonOptionTable>;
  readonly upstream: OptionsOf<typeof upstreamOptionTable & typeof balanceOptionTable>;
  /** What of CGI's options is its own. */
  readonly cgi: Pick<CgiTableOptions, 'nph'>;
  readonly command: CommandValues;
}

/** Values of the command's own flags. */
export type CommandValues = {
  readonly [K in keyof typeof commandOptions]?: ValueOf<(typeof commandOptions)[K]>;
};

type ValueOf<O extends CommandOption> = O extends { repeatable: true }
  ? readonly string[]
  : O extends { choices: readonly (infer Choice)[] }
    ? Choice
    : O extends { value: string }
      ? string
      : boolean;

/** Whose option a flag gives. */
type Group = 'server' | 'python' | 'upstream' | 'cgi' | 'command';

/** A flag. */
interface Known {
  readonly name: string;
  readonly group: Group;
  readonly row: OptionRow | null;
  readonly option: CommandOption;
}

const known: ReadonlyMap<string, Known> = new Map(
  [
    ...tableFlags('server', optionTable),
    ...tableFlags('python', pythonOptionTable),
    ...tableFlags('upstream', upstreamOptionTable),
    ...tableFlags('upstream', balanceOptionTable),
    ...tableFlags('cgi', { nph: cgiOptionTable.nph }),
    ...commandFlags(),
  ].map((entry) => [entry.option.flag, entry]),
);

function tableFlags(group: Group, table: OptionTable): Known[] {
  return Object.entries(table).map(([name, row]) => ({
    name,
    group,
    row,
    option: flagOf(row),
  }));
}

/** The flag that gives an option of a table. */
export function flagOf(row: OptionRow): CommandOption {
  return {
    flag: row.flag,
    help: row.help,
    repeatable: row.kind === 'bind' || row.kind === 'list',
    ...(row.short === undefined ? {} : { short: row.short }),
    ...(row.kind === 'boolean' ? {} : { value: row.value ?? valueName(row.kind) }),
  };
}

function commandFlags(): Known[] {
  return Object.entries<CommandOption>(commandOptions).map(([name, option]) => ({
    name,
    group: 'command',
    row: null,
    option,
  }));
}

/** What a value is called in the manual. */
function valueName(kind: OptionKind): string {
  if (kind === 'bind') return 'ADDRESS';
  if (kind === 'count' || kind === 'positive') return 'NUMBER';
  return kind === 'string' ? 'TEXT' : kind.toUpperCase();
}

/**
 * Reads a command line, the command's name left out.
 *
 * @throws {UserError} for a flag that does not exist, lacks its value or has a wrong one.
 */
export function parseFlags(args: readonly string[]): Flags {
  const { tokens } = parseArgs({
    args: [...args],
    options: parserOptions(),
    strict: false,
    tokens: true,
  });
  const positionals: string[] = [];
  const groups: Record<Group, Record<string, unknown>> = {
    server: {},
    python: {},
    upstream: {},
    cgi: {},
    command: {},
  };
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const { flag, negated } = identify(token.name, token.rawName);
    const entry = known.get(flag) as Known;
    const value = readValue(entry, token, negated);
    const values = groups[entry.group];
    values[entry.name] = entry.option.repeatable
      ? ((values[entry.name] as unknown[] | undefined) ?? []).concat(value)
      : value;
  }
  return { positionals, ...groups };
}

/**
 * The command line up to its TARGET.
 *
 * Web servers append words of the query, which the client chooses (RFC 3875 §4.4): none may be taken for
 * a flag.
 */
export function upToTarget(args: readonly string[]): readonly string[] {
  const { tokens } = parseArgs({
    args: [...args],
    options: parserOptions(),
    strict: false,
    tokens: true,
  });
  const target = tokens.find(({ kind }) => kind === 'positional');
  return target === undefined ? args : args.slice(0, target.index + 1);
}

function parserOptions(): Record<string, { type: 'string' | 'boolean'; short?: string }> {
  const entries = [...known.values()].map(({ option }) => [option.flag, describe(option)] as const);
  const others = Object.entries(aliases).map(
    ([alias, flag]) =>
      [alias, describe({ ...(known.get(flag) as Known).option, short: '' })] as const,
  );
  return Object.fromEntries([...entries, ...others]);
}

function describe({ value, short }: CommandOption): { type: 'string' | 'boolean'; short?: string } {
  return { type: value === undefined ? 'boolean' : 'string', ...(short ? { short } : {}) };
}

/** The flag that was meant; `--no-NAME` turns one off that takes no value. */
function identify(name: string, rawName: string): { flag: string; negated: boolean } {
  const flag = aliases[name] ?? name;
  if (known.has(flag)) return { flag, negated: false };
  const positive = /^no-(.+)$/.exec(name)?.[1];
  if (positive !== undefined && known.get(positive)?.row?.kind === 'boolean') {
    return { flag: positive, negated: true };
  }
  throw unknownFlag(name, rawName);
}

function unknownFlag(name: string, rawName: string): UserError {
  const long = rawName.startsWith('--') ? name : (unavailableShort[name] ?? name);
  if (Object.hasOwn(unavailable, long)) {
    const also = long === name ? '' : ` (--${long})`;
    return new UserError(`${rawName}${also} ${unavailable[long]}`);
  }
  const guess = rawName.startsWith('--')
    ? nearest(name, [...known.keys(), ...Object.keys(aliases)])
    : null;
  const hint = guess === null ? '; wizgi --help lists all' : `; did you mean --${guess}?`;
  return new UserError(`there is no flag ${rawName}${hint}`);
}

function readValue(
  { option, row }: Known,
  token: {
    readonly rawName: string;
    readonly value?: string | undefined;
    readonly inlineValue?: boolean | undefined;
  },
  negated: boolean,
): unknown {
  const { value, rawName } = token;
  if (option.value === undefined) {
    if (value !== undefined) throw new UserError(`${rawName} takes no value`);
    return !negated;
  }
  const missing = value === undefined || (token.inlineValue === false && /^--?[a-z]/i.test(value));
  if (missing) throw new UserError(`${rawName} needs a value: ${rawName} ${option.value}`);
  if (row !== null) return parseValue(option.flag, row.kind, value);
  if (option.choices !== undefined && !option.choices.includes(value)) {
    throw new UserError(
      `${rawName} is ${JSON.stringify(value)}; expected ${alternatives(option.choices)}`,
    );
  }
  return value;
}

function alternatives(choices: readonly string[]): string {
  return `${choices.slice(0, -1).join(', ')} or ${choices[choices.length - 1]}`;
}
