/** Who breaks a rule: what calls the application (a server, a middleware), or what is called. */
export type Side = 'server' | 'application';

/**
 * An error breaks the contract, so that some server or application fails at it; a warning is what the
 * contract only advises against, or what nobody is likely to have meant.
 */
export type Severity = 'error' | 'warning';

/** One rule of the contract. */
export interface Rule {
  /** Stable, in kebab-case. */
  readonly id: string;
  readonly side: Side;
  readonly severity: Severity;
  /** What holds where the rule is kept, as a sentence. */
  readonly text: string;
  /** The section of PEP 3333, or of an RFC, that it comes from. */
  readonly reference: string;
  /** What to do about it, as a sentence. */
  readonly remedy: string;
}

/** A rule with its check, at the moment at which all that it takes is known. */
export interface RuleFor<Facts> extends Rule {
  /** Says what was seen where the rule is broken, as a clause; null where it is kept. */
  check(facts: Facts): string | null;
}

/** Rules about one thing, for readers. */
export interface Subject {
  readonly title: string;
  readonly introduction: string;
  readonly rules: readonly Rule[];
}

/** A rule that was broken. */
export interface Finding {
  readonly rule: Rule;
  /** What was seen, as a clause. */
  readonly seen: string;
  /** The request's method and path, or an empty text where there was none. */
  readonly request: string;
  /** What the application threw, where that is what was found. */
  readonly error?: unknown;
}

/** A finding in one line: the rule's id, what was seen, the rule, what to do, and where it stands. */
export function describeFinding({ rule, seen }: Finding): string {
  return `${rule.id}: ${seen}. ${rule.text} ${rule.remedy} (${rule.reference})`;
}

/** What the validator throws: a rule was broken. */
export class ValidationError extends Error {
  override readonly name = 'ValidationError';
  readonly finding: Finding;

  constructor(finding: Finding) {
    super(describeFinding(finding));
    this.finding = finding;
  }
}
