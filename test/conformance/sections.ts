/** The suite's sections, in the order of PEP 3333. */
import { applicationSide } from './app.ts';
import { asynchronousForms } from './async.ts';
import { asynchronousEnds } from './async-ends.ts';
import { asynchronousInput } from './async-input.ts';
import { leavingClients } from './client-leaves.ts';
import { closing } from './close.ts';
import { concurrency } from './concurrency.ts';
import { contentLength } from './content-length.ts';
import { environment } from './environ.ts';
import { errorHandling, errorStream } from './errors.ts';
import { expectations } from './expect.ts';
import { fileWrapping } from './file-wrapper.ts';
import type { Harness } from './harness.ts';
import { responseHeaders, statusStrings } from './headers.ts';
import { inputStream } from './input.ts';
import { lentBlocks } from './loans.ts';
import { middlewareRules } from './middleware.ts';
import { misbehaviour } from './misbehaviour.ts';
import { withoutContent } from './no-content.ts';
import { serverSide } from './server.ts';
import { startResponseCalls } from './start-response.ts';
import { streamingAnswers } from './streaming.ts';
import { urls } from './url.ts';
import { writing } from './write.ts';

export type Section = (harness: Harness) => void;

export const sections: readonly Section[] = [
  applicationSide,
  serverSide,
  startResponseCalls,
  statusStrings,
  responseHeaders,
  contentLength,
  streamingAnswers,
  lentBlocks,
  writing,
  middlewareRules,
  closing,
  environment,
  inputStream,
  errorStream,
  errorHandling,
  expectations,
  concurrency,
  urls,
  fileWrapping,
  withoutContent,
  asynchronousForms,
  asynchronousEnds,
  asynchronousInput,
  misbehaviour,
  leavingClients,
];
