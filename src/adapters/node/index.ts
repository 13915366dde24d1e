export { type FromNodeOptions, fromNode } from './from-node.ts';
export type {
  FastifyLike,
  KoaLike,
  NestLike,
  NextFunction,
  NodeApplication,
  NodeHandler,
  ServerHandler,
} from './handler.ts';
export { environOf } from './request.ts';
export { type ToNodeOptions, toNode } from './to-node.ts';
