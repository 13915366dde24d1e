export { asyncKitApplication, kitApplication } from './application/application.ts';
export type {
  AnswerMatch as KitAnswerMatch,
  KitCase,
  Level as KitLevel,
  Message as KitMessage,
  Need as KitNeed,
  Step as KitStep,
} from './case.ts';
export { kitCases } from './cases/index.ts';
export { KitNotServed } from './not-served.ts';
export type { KitDescription, KitReport, KitResult } from './report.ts';
export { type KitOptions, runKit } from './run-kit.ts';
