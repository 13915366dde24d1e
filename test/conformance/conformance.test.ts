/**
 * The conformance suite: each section's cases, run against every gateway, with each application
 * bare, behind middleware, and in the asynchronous forms.
 */
import { describe } from 'vitest';
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
import { clientHarness } from './harness-client.ts';
import { httpHarness } from './harness-http.ts';
import { responseHeaders, statusStrings } from './headers.ts';
import { inputStream } from './input.ts';
import { middlewareRules } from './middleware.ts';
import { misbehaviour } from './misbehaviour.ts';
import { withoutContent } from './no-content.ts';
import { serverSide } from './server.ts';
import { startResponseCalls } from './start-response.ts';
import { streamingAnswers } from './streaming.ts';
import { urls } from './url.ts';
import { variants } from './variants.ts';
import { writing } from './write.ts';

const sections: readonly ((harness: Harness) => void)[] = [
  applicationSide,
  serverSide,
  startResponseCalls,
  statusStrings,
  responseHeaders,
  contentLength,
  streamingAnswers,
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

for (const harness of [clientHarness, httpHarness].flatMap(variants)) {
  describe(harness.name, () => {
    for (const section of sections) section(harness);
  });
}
