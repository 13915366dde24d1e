import { describeMount, type Mount } from './mounts.ts';

/** What is served, in a few words. */
export function describeMounts(mounts: readonly Mount[]): string {
  return mounts.map(describeMount).join(', ');
}

/** The greeting on a terminal. */
export function banner(
  version: string,
  mounts: readonly Mount[],
  addresses: readonly string[],
): string {
  const isDemo = mounts.some(({ source }) => source.kind === 'demo');
  const lines = [
    `  wizgi ${version} serves ${describeMounts(mounts)}`,
    '',
    ...addresses.map((address) => `    ${browsable(address)}`),
    '',
    ...(isDemo
      ? ['  To serve your own: wizgi serve app.ts, or mysite.wsgi for a Python module', '']
      : []),
    '  Press Ctrl+C to stop',
  ];
  return `\n${lines.join('\n')}\n\n`;
}

/** The address as a browser on this machine can open it. */
export function browsable(address: string): string {
  const port = /^http:\/\/(?:0\.0\.0\.0|\[::\]):(\d+)$/.exec(address)?.[1];
  return port === undefined ? address : `http://localhost:${port}  (on all interfaces)`;
}
