/**
 * The conformance suite: each section's cases, run against every gateway, with each application
 * bare, behind middleware, and in the asynchronous forms.
 */
import { describe } from 'vitest';
import { applicationSide } from './app.ts';
import { closing } from './close.ts';
import { contentLength } from './content-length.ts';
import { environment } from './environ.ts';
import type { Harness } from './harness.ts';
import { clientHarness } from './harness-client.ts';
import { httpHarness } from './harness-http.ts';
import { responseHeaders, statusStrings } from './headers.ts';
import { inputStream } from './input.ts';
import { middlewareRules } from './middleware.ts';
import { serverSide } from './server.ts';
import { startResponseCalls } from './start-response.ts';
import { streamingAnswers } from './streaming.ts';
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
];

for (const harness of [clientHarness, httpHarness].flatMap(variants)) {
  describe(harness.name, () => {
    for (const section of sections) section(harness);
  });
}
