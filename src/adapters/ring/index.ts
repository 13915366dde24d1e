export { type FromRingOptions, fromRing } from './from-ring.ts';
export { type RingBothHandler, type ToRingOptions, toRing } from './to-ring.ts';
export type {
  RingAsyncHandler,
  RingBody,
  RingContent,
  RingHandler,
  RingRequest,
  RingRequestBody,
  RingResponse,
} from './types.ts';
