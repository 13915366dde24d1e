export type { AnswerEncoder, AnswerHead, Block, Pieces } from '../answer.ts';
export { CgiAnswerEncoder as ScgiAnswerEncoder } from '../cgi/answer-encoder.ts';
export { DEFAULT_META_LIMITS, type MetaRequestLimits } from '../cgi/limits.ts';
export type { MetaRequestEvent, MetaRequestHead } from '../cgi/request-parser.ts';
export type { Variables } from '../cgi/variables.ts';
export type { ClientCodec, ClientEvent } from '../client-codec.ts';
export { ProtocolError } from '../protocol-error.ts';
export { ScgiClient } from './client.ts';
export { ScgiRequestParser } from './request-parser.ts';
