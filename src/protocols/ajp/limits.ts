/** How much of everything a peer may send. */
export interface AjpLimits {
  /**
   * Largest packet in bytes, its header of 4 included, both ways. The peer must be set to the same:
   * ProxyIOBufferSize of mod_proxy_ajp, max_packet_size of mod_jk, packetSize of Tomcat.
   */
  readonly maxPacket: number;
  /** Most headers of a message. */
  readonly maxFields: number;
  /** Largest content of a request in bytes; that of answers is passed on as it comes. */
  readonly maxBody: number;
}

/** What the protocol has when nobody says otherwise, and the most that it can have. */
export const DEFAULT_PACKET = 8192;
export const MAX_PACKET = 65536;

export const DEFAULT_AJP_LIMITS: AjpLimits = {
  maxPacket: DEFAULT_PACKET,
  maxFields: 100,
  maxBody: 1024 ** 3,
};

/** Two bytes that begin a packet, and two for its length. */
export const PACKET_HEADER = 4;

/** What stands about the data in a packet of content: its length; and its number and a NUL in answers. */
export const CONTENT_OVERHEAD = PACKET_HEADER + 2;
export const ANSWER_OVERHEAD = PACKET_HEADER + 4;
