export { LambdaEventError } from './handle.ts';
export type { ToLambdaOptions } from './options.ts';
export { toLambda, toLambdaStream } from './to-lambda.ts';
export type {
  GatewayEvent,
  LambdaContext,
  LambdaHandler,
  LambdaResult,
  LatticeEvent,
  LoadBalancerEvent,
  Payload2Event,
  ResponseStream,
  StreamingHandler,
} from './types.ts';
