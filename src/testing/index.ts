export { type ClientOptions, type RequestOptions, TestClient, testClient } from './client.ts';
export { type EnvironOptions, type RequestHeaders, testEnviron } from './environ.ts';
export type { BodyOptions, FileField } from './request-body.ts';
export { type LoggedLine, TestResponse } from './response.ts';
export { type StreamHead, TestStream } from './stream.ts';
