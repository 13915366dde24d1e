export type { ToFetchOptions } from './options.ts';
export type { FetchCall } from './request-environ.ts';
export { type FetchFunction, toFetch } from './to-fetch.ts';
