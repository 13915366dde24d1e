export { FastResponse } from './fast-response.ts';
export {
  type FetchHandler,
  type FetchObject,
  type FromFetchOptions,
  fromFetch,
} from './from-fetch.ts';
export { installFastFetch } from './install.ts';
export type { ToFetchOptions } from './options.ts';
export type { FetchCall } from './request-environ.ts';
export { type FetchFunction, toFetch } from './to-fetch.ts';
