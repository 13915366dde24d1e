import type { KitCase } from '../case.ts';
import { bodylessCases } from './bodyless.ts';
import { closeCases } from './close.ts';
import { connectionCases } from './connection.ts';
import { environCases } from './environ.ts';
import { errorCases } from './errors.ts';
import { fieldCases } from './fields.ts';
import { fileCases } from './file.ts';
import { flagCases } from './flags.ts';
import { framingCases } from './framing.ts';
import { headerCases } from './headers.ts';
import { inputCases } from './input.ts';
import { lengthCases } from './length.ts';
import { startCases } from './start.ts';
import { statusCases } from './status.ts';
import { streamCases } from './stream.ts';
import { writeCases } from './write.ts';

/** Every case of the conformance kit, as data: `JSON.stringify(kitCases)` loses nothing. */
export const kitCases: readonly KitCase[] = [
  ...environCases,
  ...fieldCases,
  ...inputCases,
  ...startCases,
  ...statusCases,
  ...headerCases,
  ...writeCases,
  ...lengthCases,
  ...bodylessCases,
  ...streamCases,
  ...closeCases,
  ...errorCases,
  ...fileCases,
  ...flagCases,
  ...connectionCases,
  ...framingCases,
];
