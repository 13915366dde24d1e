export { type ClientOptions, type RequestOptions, TestClient, testClient } from './client.ts';
export { type EnvironOptions, type RequestHeaders, testEnviron } from './environ.ts';
export {
  asyncKitApplication,
  type KitAnswerMatch,
  type KitCase,
  type KitDescription,
  type KitLevel,
  type KitMessage,
  type KitNeed,
  KitNotServed,
  type KitOptions,
  type KitReport,
  type KitResult,
  type KitStep,
  kitApplication,
  kitCases,
  runKit,
} from './kit/index.ts';
export type { BodyOptions, FileField } from './request-body.ts';
export { type LoggedLine, TestResponse } from './response.ts';
export { type StreamHead, TestStream } from './stream.ts';
