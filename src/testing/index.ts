export { type ClientOptions, type RequestOptions, TestClient, testClient } from './client.ts';
export { type EnvironOptions, type RequestHeaders, testEnviron } from './environ.ts';
export {
  type AnswerMatch,
  asyncKitApplication,
  type CaseResult,
  type ContentMatch,
  type Difference,
  type Framing,
  type HeaderMatch,
  type KitCase,
  type KitDescription,
  KitNotServed,
  type KitOptions,
  type KitReport,
  kitApplication,
  kitCases,
  type Level,
  type Message,
  type Need,
  runKit,
  type StatusMatch,
  type Step,
  type ValueMatch,
} from './kit/index.ts';
export type { BodyOptions, FileField } from './request-body.ts';
export { type LoggedLine, TestResponse } from './response.ts';
export { type StreamHead, TestStream } from './stream.ts';
