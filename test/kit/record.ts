/** What the kit found of another server, and the text that records it. */
export interface PeerRecord {
  readonly version: string;
  /** Ids of cases, in their order. */
  readonly failed: readonly string[];
  readonly unjudged: readonly string[];
}

export function recordText({ version, failed, unjudged }: PeerRecord): string {
  const lines = [
    `version ${version}`,
    ...failed.map((id) => `failed ${id}`),
    ...unjudged.map((id) => `unjudged ${id}`),
  ];
  return `${lines.join('\n')}\n`;
}

export function recordIn(text: string): PeerRecord {
  const values = (name: string) =>
    text
      .split('\n')
      .flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []));
  return {
    version: values('version')[0] ?? '',
    failed: values('failed'),
    unjudged: values('unjudged'),
  };
}
