export type { AnswerEncoder, AnswerHead, Block, Pieces } from '../answer.ts';
export type { ClientEvent } from '../client-codec.ts';
export { ProtocolError } from '../protocol-error.ts';
export { CgiAnswerEncoder } from './answer-encoder.ts';
export { type CgiLimits, DEFAULT_CGI_LIMITS } from './limits.ts';
export { NphAnswerEncoder } from './nph-answer-encoder.ts';
export { CgiResponseParser } from './response-parser.ts';
export { contentLengthOf, UNKNOWN_LENGTH, type Variables, variable } from './variables.ts';
