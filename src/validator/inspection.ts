import type { Finding, Rule, RuleFor } from './rule.ts';

/** Where findings go. */
export interface Sink {
  /** Whether findings are collected, so that the request goes on. */
  readonly lenient: boolean;
  /** Throws where whoever errs is to hear of it at once. */
  found(finding: Finding): void;
  /** Takes what nobody can be told by an error any more. */
  foundLate(finding: Finding): void;
}

/** Checks one request, and passes on what it finds. */
export class Inspection {
  readonly lenient: boolean;
  private readonly sink: Sink;
  private readonly request: string;
  private readonly known = new Set<Rule>();

  constructor(sink: Sink, request: string) {
    this.sink = sink;
    this.lenient = sink.lenient;
    this.request = request;
  }

  /** Checks rules in their order. */
  check<Facts>(rules: readonly RuleFor<Facts>[], facts: Facts): void {
    for (const rule of rules) {
      const seen = rule.check(facts);
      if (seen !== null) this.find(rule, seen);
    }
  }

  /** Checks rules when the request is long over. */
  checkLate<Facts>(rules: readonly RuleFor<Facts>[], facts: Facts): void {
    for (const rule of rules) {
      const seen = rule.check(facts);
      if (seen !== null) this.sink.foundLate({ rule, seen, request: this.request });
    }
  }

  /** Passes a finding on; each rule once, unless it throws. */
  find(rule: Rule, seen: string, error?: unknown): void {
    if (this.lenient && this.known.has(rule)) return;
    this.known.add(rule);
    const { request } = this;
    this.sink.found(error === undefined ? { rule, seen, request } : { rule, seen, request, error });
  }
}
