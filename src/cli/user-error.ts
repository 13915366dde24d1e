/** The exit codes of the command. */
export const EXIT = { ok: 0, application: 1, usage: 2 } as const;

/** A mistake that the user can mend: told in words, without a stack of this program. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.usage) {
    super(message);
    this.exitCode = exitCode;
  }
}
