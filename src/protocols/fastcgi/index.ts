export type { AnswerEncoder, AnswerHead, Block, Pieces } from '../answer.ts';
export { UNKNOWN_LENGTH, type Variables, variable } from '../cgi/variables.ts';
export type { ClientCodec, ClientEvent } from '../client-codec.ts';
export { ProtocolError } from '../protocol-error.ts';
export { FastCgiAnswerEncoder } from './answer-encoder.ts';
export { FastCgiClient, type FastCgiClientOptions } from './client.ts';
export * from './encode.ts';
export { DEFAULT_FASTCGI_LIMITS, type FastCgiLimits } from './limits.ts';
export { pairText } from './pair-layout.ts';
export { PairDecoder } from './pairs.ts';
export * from './records.ts';
export {
  type FastCgiBegin,
  type FastCgiRefusal,
  type FastCgiRequestEvent,
  FastCgiRequestParser,
} from './request-parser.ts';
