import { open } from 'node:fs/promises';

const BLOCK = 64 * 1024;

/**
 * Opens a file that a worker has open, through the system's list of its descriptors.
 *
 * @returns its bytes from `position` on, `size` at most.
 * @throws (as a rejection) where there is no such list, or it may not be read.
 */
export async function openAnswerFile(
  pid: number,
  descriptor: number,
  position: number,
  size: number,
): Promise<AsyncGenerator<Uint8Array>> {
  const handle = await open(`/proc/${pid}/fd/${descriptor}`, 'r');
  const blocks = (async function* () {
    try {
      for (let sent = 0; sent < size; ) {
        const block = Buffer.allocUnsafeSlow(Math.min(BLOCK, size - sent));
        const { bytesRead } = await handle.read(block, 0, block.length, position + sent);
        if (bytesRead === 0) return;
        sent += bytesRead;
        yield block.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  })();
  return blocks;
}
