export type { AnswerEncoder, AnswerHead, Block, Pieces } from '../answer.ts';
export { DEFAULT_META_LIMITS, type MetaRequestLimits } from '../cgi/limits.ts';
export type { MetaRequestEvent, MetaRequestHead } from '../cgi/request-parser.ts';
export type { Variables } from '../cgi/variables.ts';
export type { ClientCodec, ClientEvent } from '../client-codec.ts';
export { ProtocolError } from '../protocol-error.ts';
export { UwsgiAnswerEncoder } from './answer-encoder.ts';
export { UwsgiClient } from './client.ts';
export { UwsgiRequestParser } from './request-parser.ts';
