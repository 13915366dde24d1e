export { asyncKitApplication, kitApplication } from './application/application.ts';
export type {
  AnswerMatch,
  ContentMatch,
  Framing,
  HeaderMatch,
  KitCase,
  Level,
  Message,
  Need,
  StatusMatch,
  Step,
  ValueMatch,
} from './case.ts';
export { kitCases } from './cases/index.ts';
export type { Difference } from './match.ts';
export { KitNotServed } from './probe.ts';
export type { CaseResult, KitDescription, KitReport } from './report.ts';
export { type KitOptions, runKit } from './run.ts';
