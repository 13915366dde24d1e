import type { OptionRow, OptionsOf } from '../gateways/options.ts';
import {
  balanceOptionTable,
  resolveBalanceOptions,
  upstreamOptionTable,
} from '../upstream/options.ts';
import type { ConfigFile } from './config-file.ts';

const upstreamFlagTable = { ...upstreamOptionTable, ...balanceOptionTable } as const;

type Table = typeof upstreamFlagTable;

/** What was said about upstream servers. */
export interface UpstreamSettings {
  readonly options: Required<OptionsOf<Table>>;
  /** The flags whose options somebody set to something else than the default. */
  readonly asked: readonly string[];
  /** Those of them that only concern several upstreams. */
  readonly askedOfSeveral: readonly string[];
}

/**
 * Puts the options of upstream servers together: flags over configuration file over environment.
 *
 * @throws {ConfigurationError} for what cannot be used.
 */
export function upstreamSettings(
  flags: OptionsOf<Table>,
  file: ConfigFile | null,
): UpstreamSettings {
  const secret = process.env['WIZGI_UPSTREAM_SECRET'];
  const given = { ...file?.config.upstream, ...flags };
  // The server's own are put in their place when an application is made.
  const { bodyInMemory, gracefulTimeout, spoolDirectory, ...options } = resolveBalanceOptions({
    ...(secret === undefined ? {} : { secret }),
    ...given,
  });
  const asked = (table: Readonly<Record<string, OptionRow>>) =>
    Object.entries(table)
      .filter(([name, row]) => {
        const value = given[name as keyof Table];
        return value !== undefined && value !== row.default;
      })
      .map(([, { flag }]) => `--${flag}`);
  return { options, asked: asked(upstreamFlagTable), askedOfSeveral: asked(balanceOptionTable) };
}
