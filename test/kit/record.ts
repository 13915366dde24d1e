/** What the kit found of another server. */
export interface PeerRecord {
  readonly version: string;
  /** Ids of cases, in their order. */
  readonly failed: readonly string[];
  readonly unjudged: readonly string[];
}
