export { ProtocolError } from '../protocol-error.ts';
export * from './encode.ts';
export type { FieldName } from './field-names.ts';
export { DEFAULT_LIMITS, type Http1Limits } from './limits.ts';
export { type RequestEvent, type RequestHead, RequestParser } from './request-parser.ts';
