/** What CPython makes of the frames that a worker is sent. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('unmarshal.py', import.meta.url));

/** A Python value: its type, and what it holds. Bytes are hexadecimal, dicts lists of pairs. */
export type Described = readonly ['str' | 'bytes', string] | readonly [string, unknown];

/** Reads frames, text of them in Latin-1; gives the values, one for each frame. */
export function unmarshal(
  python: string,
  pieces: readonly (string | Uint8Array)[],
): readonly Described[] {
  const input = Buffer.concat(
    pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)),
  );
  const { status, stdout, stderr } = spawnSync(python, ['-I', '-S', SCRIPT], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Described[];
}
