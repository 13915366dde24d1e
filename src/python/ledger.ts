import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { openUnnamed } from '../gateways/unnamed-file.ts';

const WORD = 8;
const SIZE = 4096;
/** Threads of a worker that the ledger has room for. */
export const MAX_THREADS = SIZE / WORD - 1;

/**
 * A page that server and worker share, by which the server knows what a worker has begun, even after
 * it was killed.
 *
 * Word 0 is the last request that may begin: the server's. Then there is one for each thread, the last
 * request that it has begun: the worker's, which maps the file, and so writes at the cost of a store.
 */
export class Ledger {
  readonly fd: number;
  private readonly page = Buffer.alloc(SIZE);
  private readonly threads: number;

  /** @param path - a file to make, for a worker that cannot inherit the descriptor. */
  constructor(threads: number, path?: string) {
    this.threads = threads;
    this.fd = path === undefined ? openShared() : openSync(path, 'wx+', 0o600);
    ftruncateSync(this.fd, SIZE);
  }

  /** The last request that has begun: ids are given, and begun, in order. */
  get begun(): number {
    readSync(this.fd, this.page, 0, SIZE, 0);
    let highest = 0;
    for (let thread = 1; thread <= this.threads; thread++) {
      highest = Math.max(highest, Number(this.page.readBigUInt64LE(thread * WORD)));
    }
    return highest;
  }

  /** Lets requests begin up to this one only. */
  limit(id: number): void {
    const word = Buffer.alloc(WORD);
    word.writeBigUInt64LE(BigInt(id));
    writeSync(this.fd, word, 0, WORD, 0);
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** A file without a name, in memory where the system has a place for that. */
function openShared(): number {
  try {
    return openUnnamed('/dev/shm', 'ledger');
  } catch {
    return openUnnamed(tmpdir(), 'ledger');
  }
}
