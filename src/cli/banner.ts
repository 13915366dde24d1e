import type { Source } from './settings.ts';

/** What is served, in a few words. */
export function describeSource(source: Source): string {
  if (source.kind === 'demo') return 'the demo application';
  return source.kind === 'target' ? source.text : source.from;
}

/** The greeting on a terminal. */
export function banner(version: string, source: Source, addresses: readonly string[]): string {
  const lines = [
    `  wizgi ${version} serves ${describeSource(source)}`,
    '',
    ...addresses.map((address) => `    ${browsable(address)}`),
    '',
    ...(source.kind === 'demo' ? ['  To serve your own: wizgi serve app.ts', ''] : []),
    '  Press Ctrl+C to stop',
  ];
  return `\n${lines.join('\n')}\n\n`;
}

/** The address as a browser on this machine can open it. */
export function browsable(address: string): string {
  const port = /^http:\/\/(?:0\.0\.0\.0|\[::\]):(\d+)$/.exec(address)?.[1];
  return port === undefined ? address : `http://localhost:${port}  (on all interfaces)`;
}
