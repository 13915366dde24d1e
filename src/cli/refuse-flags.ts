import type { OptionTable } from '../gateways/options.ts';
import type { CommandOption } from './command-options.ts';
import { UserError } from './user-error.ts';

/**
 * Refuses flags that would change nothing: whoever gives them expects something of them.
 *
 * @param meaningful - the options that change something.
 * @param why - what is said of all others, behind the flag's name.
 * @throws {UserError} for the first of the others.
 */
export function refuseFlags(
  table: OptionTable | Readonly<Record<string, CommandOption>>,
  given: object,
  meaningful: readonly string[],
  why: string,
): void {
  const name = Object.keys(given).find((key) => !meaningful.includes(key));
  if (name !== undefined) throw new UserError(`--${table[name]?.flag} ${why}`);
}
