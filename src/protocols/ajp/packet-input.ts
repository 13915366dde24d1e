import { InputBuffer } from '../input-buffer.ts';
import { ProtocolError } from '../protocol-error.ts';
import { PACKET_HEADER } from './limits.ts';
import { Payload } from './payload.ts';

/** What begins a packet to the container, and one from it. */
export const TO_CONTAINER = 0x1234;
export const FROM_CONTAINER = 0x4142;

/** Takes whole packets off what was received. (AJPv13 reference, Packet Structure) */
export class PacketInput {
  private readonly input = new InputBuffer();
  private readonly magic: number;
  private readonly maxPacket: number;
  /** The status of the error that a faulty packet is. */
  private readonly fault: number;

  constructor(magic: number, maxPacket: number, fault: number) {
    this.magic = magic;
    this.maxPacket = maxPacket;
    this.fault = fault;
  }

  /** Bytes that were pushed and not yet taken. */
  get length(): number {
    return this.input.length;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length > 0) this.input.push(bytes);
  }

  /**
   * Takes the next packet; null when it is not all there. Its bytes are valid until the next `push`.
   *
   * @throws {ProtocolError} `bad-magic`, `packet-too-large`.
   */
  next(): Payload | null {
    const { input, magic, fault } = this;
    const { bytes, start, length } = input;
    if (length >= 1 && bytes[start] !== magic >> 8) throw badMagic(fault);
    if (length >= 2 && bytes[start + 1] !== (magic & 0xff)) throw badMagic(fault);
    if (length < PACKET_HEADER) return null;
    const size = ((bytes[start + 2] as number) << 8) | (bytes[start + 3] as number);
    if (size > this.maxPacket - PACKET_HEADER) {
      throw new ProtocolError('packet-too-large', fault, 'the packet is too large');
    }
    if (length < PACKET_HEADER + size) return null;
    const at = start + PACKET_HEADER;
    input.start = at + size;
    return new Payload(bytes, at, at + size, fault);
  }

  /** Lets go of what was used up, which an idle connection would hold until its next read. */
  forget(): void {
    this.input.forget();
  }
}

function badMagic(fault: number): ProtocolError {
  return new ProtocolError('bad-magic', fault, 'what arrived is no AJP packet');
}
