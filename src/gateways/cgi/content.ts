import { closeSync, fstatSync, readSync } from 'node:fs';
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';

/** The most that one read takes. */
const BLOCK = 64 * 1024;

/** Where {@link Content} goes. */
export interface ContentOwner {
  content(data: Uint8Array): void;
  contentEnd(): void;
}

/**
 * The request's content, from a descriptor.
 *
 * No more is read than there is to be, even if more is there (RFC 3875 §4.2), and nothing before it is
 * asked for. A thread of libuv's that waited for a peer that sends nothing would keep the process from
 * ending, so pipes and sockets are polled.
 */
export class Content {
  private readonly fd: number;
  private readonly owner: ContentOwner;
  private remaining: number;
  private block: Uint8Array = new Uint8Array();
  private socket: Socket | null = null;
  private wanted = false;
  private ended = false;

  /** @param length - bytes, or a negative number where only the end of input tells. */
  constructor(fd: number, length: number, owner: ContentOwner) {
    this.fd = fd;
    this.owner = owner;
    this.remaining = length < 0 ? Number.POSITIVE_INFINITY : length;
  }

  /** Reads on, until {@link pause}. */
  resume(): void {
    if (this.wanted || this.ended) return;
    this.wanted = true;
    if (this.socket !== null) this.socket.resume();
    else if (isPolled(this.fd)) this.socket = this.open();
    // Not now: whoever asks is not waiting yet.
    else setImmediate(() => this.readFile());
  }

  pause(): void {
    this.wanted = false;
    this.socket?.pause();
  }

  /** Closes the descriptor: whoever still sends is told that nobody reads. */
  close(): void {
    this.ended = true;
    this.wanted = false;
    if (this.socket !== null) this.socket.destroy();
    else closeSync(this.fd);
  }

  private open(): Socket {
    const options: SocketConstructorOpts & { onread: OnReadOpts } = {
      fd: this.fd,
      readable: true,
      writable: false,
      onread: {
        buffer: () => this.nextBlock(),
        callback: (size) => {
          this.take(size);
          return this.wanted;
        },
      },
    };
    const socket = new Socket(options);
    socket.on('error', () => this.end());
    socket.on('end', () => this.end());
    socket.resume();
    return socket;
  }

  /** A block of its own for each read, because the content is kept. */
  private nextBlock(): Uint8Array {
    this.block = Buffer.allocUnsafe(Math.min(BLOCK, this.remaining));
    return this.block;
  }

  private take(size: number): void {
    this.remaining -= size;
    this.owner.content(this.block.subarray(0, size));
    if (this.remaining === 0) this.end();
  }

  /** Files are read at once: they have all there is to come. */
  private readFile(): void {
    while (this.wanted && !this.ended) {
      const size = readBlock(this.fd, this.nextBlock());
      if (size === 0) this.end();
      else this.take(size);
    }
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.wanted = false;
    this.owner.contentEnd();
  }
}

function isPolled(fd: number): boolean {
  const stat = fstatSync(fd);
  return stat.isFIFO() || stat.isSocket();
}

function readBlock(fd: number, block: Uint8Array): number {
  try {
    return readSync(fd, block);
  } catch {
    // What cannot be read is not there; that it is missing is said as of any content.
    return 0;
  }
}
