import { dirname } from 'node:path';
import type { ConfiguredApplication } from '../config/config.ts';
import type { ConfigFile } from './config-file.ts';
import { UserError } from './user-error.ts';

/** Where an application comes from. */
export type Source =
  | { readonly kind: 'target'; readonly text: string; readonly directory: string }
  | { readonly kind: 'value'; readonly value: ConfiguredApplication; readonly from: string }
  | { readonly kind: 'demo' };

/** An application and the path below which it answers. */
export interface Mount {
  /** `'/'`, or a path that does not end in a slash. */
  readonly prefix: string;
  readonly source: Source;
}

/**
 * What is to be served, at least one application; that at `'/'` comes first. The command line's
 * replace those of the configuration file.
 *
 * @param flags - the values of `--mount`.
 * @throws {UserError} when a mount cannot be read, stands there twice, or there is no application.
 */
export function mountsOf(
  target: string | undefined,
  flags: readonly string[],
  file: ConfigFile | null,
): readonly Mount[] {
  const given = flags.map(parseMount);
  if (target !== undefined) given.push({ prefix: '/', source: targetHere(target) });
  checkPrefixes(given, '--mount');
  const fromFile = file === null ? [] : fileMounts(file);
  const rest = fromFile.filter(({ prefix }) => given.every((mount) => mount.prefix !== prefix));
  const mounts = [...given, ...rest].sort((one, other) => (one.prefix < other.prefix ? -1 : 1));
  if (mounts.length > 0) return mounts;
  if (file === null) return [{ prefix: '/', source: { kind: 'demo' } }];
  throw new UserError(`${file.shown} names no app, and there is no TARGET`);
}

function parseMount(text: string): Mount {
  const equals = text.indexOf('=');
  const target = text.slice(equals + 1);
  if (equals < 1 || target === '') {
    throw new UserError(
      `--mount is ${JSON.stringify(text)}; expected PREFIX=TARGET, as in /api=api.ts`,
    );
  }
  return { prefix: normalize(text.slice(0, equals), '--mount'), source: targetHere(target) };
}

function fileMounts({ config, path, shown }: ConfigFile): Mount[] {
  const { app, mount = {} } = config;
  const sourceOf = (value: ConfiguredApplication | string, name: string): Source =>
    typeof value === 'string'
      ? { kind: 'target', text: value, directory: dirname(path) }
      : { kind: 'value', value, from: `${name} of ${shown}` };
  const mounts = Object.entries(mount).map(([prefix, value]) => ({
    prefix: normalize(prefix, `${shown}: mount`),
    source: sourceOf(value, `mount ${prefix}`),
  }));
  if (app !== undefined) mounts.push({ prefix: '/', source: sourceOf(app, 'app') });
  checkPrefixes(mounts, `${shown}: mount`);
  return mounts;
}

function targetHere(text: string): Source {
  return { kind: 'target', text, directory: process.cwd() };
}

function normalize(prefix: string, from: string): string {
  if (/^\/(?:[^/].*)?$/s.test(prefix)) return prefix.replace(/\/+$/, '') || '/';
  throw new UserError(`${from} is at ${JSON.stringify(prefix)}; expected a path, as in /api`);
}

function checkPrefixes(mounts: readonly Mount[], from: string): void {
  const prefixes = mounts.map(({ prefix }) => prefix);
  const twice = prefixes.find((prefix, index) => prefixes.indexOf(prefix) !== index);
  if (twice !== undefined) throw new UserError(`${from}: there are two applications at ${twice}`);
}

/** An application and its place, in a few words. */
export function describeMount({ prefix, source }: Mount): string {
  const what = describeSource(source);
  return prefix === '/' ? what : `${prefix}=${what}`;
}

function describeSource(source: Source): string {
  if (source.kind === 'demo') return 'the demo application';
  return source.kind === 'target' ? source.text : source.from;
}
