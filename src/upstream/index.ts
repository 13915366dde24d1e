/** Upstream servers as applications: `wizgi/upstream`. */
export type { UpstreamApplication } from './application.ts';
export { balance, type WeightedUpstream } from './balance.ts';
export { forward } from './forward.ts';
export {
  type BalanceOptions,
  balanceOptionTable,
  type ForwardOptions,
  upstreamOptionTable,
} from './options.ts';
