export type { AnswerEncoder, AnswerHead, Block, Pieces } from '../answer.ts';
export { UNKNOWN_LENGTH, type Variables, variable } from '../cgi/variables.ts';
export type { ClientCodec, ClientEvent } from '../client-codec.ts';
export { ProtocolError } from '../protocol-error.ts';
export { AjpAnswerEncoder, CPONG } from './answer-encoder.ts';
export { AjpClient, type AjpClientOptions, CPING } from './client.ts';
export { type AjpLimits, DEFAULT_AJP_LIMITS } from './limits.ts';
export { type AjpDialect, type AjpRequestEvent, AjpRequestParser } from './request-parser.ts';
