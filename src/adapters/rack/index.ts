export { type FromRackOptions, fromRack } from './from-rack.ts';
export { type ToRackOptions, toRack } from './to-rack.ts';
export type {
  RackApp,
  RackAppObject,
  RackBody,
  RackBodyExtras,
  RackEnumerable,
  RackEnv,
  RackErrors,
  RackFinished,
  RackHeaders,
  RackInput,
  RackResponse,
  RackStream,
  RackStreamingBody,
} from './types.ts';
