import { Socket, type SocketConstructorOpts } from 'node:net';

/**
 * Room for the largest content that a worker sends at a time, and its head. More is no gain: what is lent
 * keeps all of it, and the processor's caches do not.
 */
const SIZE = 66 * 1024;

/** Takes what came; tells whether its memory may be filled anew, because nobody needs it any more. */
export type Take = (data: Buffer) => boolean;

/** What `net.connect` documents, and every socket understands. */
interface ReadingOptions extends SocketConstructorOpts {
  readonly handle: object;
  readonly onread: {
    buffer(): Uint8Array;
    callback(size: number): boolean;
  };
}

/**
 * The connection to a worker.
 *
 * What comes is read into the same memory again and again, as long as whoever takes it allows that:
 * with large answers, to allocate memory for each read and to collect it took as long as all the rest.
 */
export class Channel {
  /** Resolves when nothing more comes. */
  readonly closed: Promise<void>;
  private readonly socket: Socket;

  /** @param socket - is used by this channel only from then on. */
  constructor(socket: Socket, take: Take) {
    this.socket = readInPlace(socket, take) ?? socket.on('data', take);
    // What breaks here is seen in that the process ends.
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
  }

  /** Writes several pieces at once; texts are Latin-1. */
  write(pieces: readonly (string | Uint8Array)[]): void {
    const { socket } = this;
    if (socket.destroyed) return;
    if (pieces.length === 1) {
      socket.write(pieces[0] as string, 'latin1');
      return;
    }
    socket.cork();
    for (const piece of pieces) socket.write(piece as string, 'latin1');
    socket.uncork();
  }

  /** Whether this process waits for the channel before it ends. */
  hold(wait: boolean): void {
    if (wait) this.socket.ref();
    else this.socket.unref();
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/**
 * Another socket for the same connection, whose memory is ours. The option is documented for sockets
 * that connect; this one is connected, so its handle has to change hands. What the first one had read
 * would be lost: workers say nothing before they are told their configuration.
 *
 * @returns null where sockets have no such handles.
 */
function readInPlace(socket: Socket, take: Take): Socket | null {
  const given = socket as unknown as { _handle?: { readonly useUserBuffer?: unknown } | null };
  const handle = given._handle;
  if (typeof handle?.useUserBuffer !== 'function') return null;
  let memory = Buffer.allocUnsafeSlow(SIZE);
  const callback = (size: number) => {
    if (!take(memory.subarray(0, size))) memory = Buffer.allocUnsafeSlow(SIZE);
    return true;
  };
  const options: ReadingOptions = {
    handle,
    readable: true,
    writable: true,
    onread: { buffer: () => memory, callback },
  };
  given._handle = null;
  return new Socket(options);
}
