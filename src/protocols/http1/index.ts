export { ProtocolError } from '../protocol-error.ts';
export { CHUNKED, UNTIL_CLOSE } from './body-decoder.ts';
export { Http1Client } from './client.ts';
export * from './encode.ts';
export type { FieldName } from './field-names.ts';
export { DEFAULT_LIMITS, DEFAULT_RESPONSE_LIMITS, type Http1Limits } from './limits.ts';
export { type RequestEvent, type RequestHead, RequestParser } from './request-parser.ts';
export { type ResponseEvent, type ResponseHead, ResponseParser } from './response-parser.ts';
