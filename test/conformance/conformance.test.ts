/**
 * The conformance suite: each section's cases, run against every gateway, with each application
 * bare, behind middleware, in the asynchronous forms, and behind middleware in Python.
 */
import { afterAll, beforeEach, describe } from 'vitest';
import { AjpClient } from '../../src/protocols/ajp/index.ts';
import { FastCgiClient } from '../../src/protocols/fastcgi/index.ts';
import { ScgiClient } from '../../src/protocols/scgi/index.ts';
import { UwsgiClient } from '../../src/protocols/uwsgi/index.ts';
import { need } from '../interop/components.ts';
import { applicationSide } from './app.ts';
import { asynchronousForms } from './async.ts';
import { asynchronousEnds } from './async-ends.ts';
import { asynchronousInput } from './async-input.ts';
import { leavingClients } from './client-leaves.ts';
import { concurrency } from './concurrency.ts';
import { contentLength } from './content-length.ts';
import { environment } from './environ.ts';
import { errorHandling, errorStream } from './errors.ts';
import { expectations } from './expect.ts';
import { fileWrapping } from './file-wrapper.ts';
import type { Harness } from './harness.ts';
import { cgiHarness } from './harness-cgi.ts';
import { clientHarness } from './harness-client.ts';
import { fetchHarness, fetchRoundTrip } from './harness-fetch.ts';
import { httpHarness } from './harness-http.ts';
import { lambdaHarness, lambdaStreamHarness } from './harness-lambda.ts';
import { metaHarness } from './harness-meta.ts';
import { nodeHarness, roundTripHarness } from './harness-node.ts';
import { pythonHarness } from './harness-python.ts';
import { rackHarness } from './harness-rack.ts';
import { ringHarnesses } from './harness-ring.ts';
import { responseHeaders, statusStrings } from './headers.ts';
import { inputStream } from './input.ts';
import { middlewareRules } from './middleware.ts';
import { misbehaviour } from './misbehaviour.ts';
import { withoutContent } from './no-content.ts';
import { type Section, sections } from './sections.ts';
import { startResponseCalls } from './start-response.ts';
import { streamingAnswers } from './streaming.ts';
import { urls } from './url.ts';
import { validation } from './validation.ts';
import { asynchronously, strictly, variants } from './variants.ts';
import { writing } from './write.ts';

/** Sections whose applications give wsgiref's validator nothing to object to. */
const valid: readonly Section[] = [
  streamingAnswers,
  writing,
  environment,
  inputStream,
  errorStream,
  errorHandling,
  expectations,
  concurrency,
  urls,
  asynchronousEnds,
  misbehaviour,
  leavingClients,
];

/** Sections whose applications break no rule at all, in whatever case. */
const lawful: readonly Section[] = [
  streamingAnswers,
  middlewareRules,
  environment,
  inputStream,
  errorStream,
  expectations,
  concurrency,
  urls,
  asynchronousEnds,
  asynchronousInput,
  leavingClients,
];

/** An instance of a function has one request at a time, and its content is there before it is. */
const ofFunctions = sections.filter(
  (section) => section !== concurrency && section !== asynchronousInput,
);

/** What shows in answers that come whole. */
const ofWholeAnswers: readonly Section[] = [
  statusStrings,
  responseHeaders,
  environment,
  inputStream,
  errorStream,
  urls,
  withoutContent,
  asynchronousForms,
];

/** Sections that ask an environ for no more than a Request has. */
const ofRequests: readonly Section[] = [
  applicationSide,
  startResponseCalls,
  statusStrings,
  contentLength,
  streamingAnswers,
  writing,
  middlewareRules,
  inputStream,
  urls,
  fileWrapping,
  withoutContent,
  asynchronousForms,
  asynchronousInput,
  misbehaviour,
  leavingClients,
];

const workers = { workers: 4 };
const threads = { threads: 4 };

const fastcgi = metaHarness({
  name: 'FastCGI',
  scheme: 'fastcgi',
  client: () => new FastCgiClient(),
  counted: false,
  multiprocess: true,
});
const scgi = metaHarness({
  name: 'SCGI',
  scheme: 'scgi',
  client: () => new ScgiClient(),
  counted: true,
});
const uwsgi = metaHarness({
  name: 'uwsgi',
  scheme: 'uwsgi',
  client: () => new UwsgiClient(),
  counted: true,
});
const ajp = metaHarness({
  name: 'AJP',
  scheme: 'ajp',
  client: () => new AjpClient(),
  counted: false,
});

// What the forms of an application differ in is the driver's business, which is the same for every
// gateway, and in Python they do not differ: so not all of them are run everywhere.
const suites: readonly (readonly [Harness, readonly Section[]])[] = [
  ...[clientHarness, httpHarness].flatMap(variants).map((harness) => [harness, sections] as const),
  ...[fastcgi, asynchronously(fastcgi), scgi, uwsgi, ajp, asynchronously(ajp)].map(
    (harness) => [harness, sections] as const,
  ),
  [cgiHarness, sections],
  [strictly(clientHarness), lawful],
  ...[clientHarness, httpHarness].map((harness) => [harness, [validation]] as const),
  ...[fetchHarness, asynchronously(fetchHarness)].map((harness) => [harness, sections] as const),
  [fetchRoundTrip, ofRequests],
  [nodeHarness, sections],
  [roundTripHarness, sections],
  [lambdaHarness, ofWholeAnswers],
  [lambdaStreamHarness, ofFunctions],
  [strictly(lambdaStreamHarness), lawful.filter((section) => ofFunctions.includes(section))],
  [rackHarness(clientHarness), sections],
  ...ringHarnesses(clientHarness).map((harness) => [harness, sections] as const),
  // On either side, and not on both: a triplet or a map has a head, for which a block was asked for.
  ...[rackHarness, (harness: Harness) => ringHarnesses(harness)[0] as Harness].flatMap((around) => [
    [around(strictly(clientHarness)), lawful] as const,
    [strictly(around(clientHarness)), lawful] as const,
  ]),
  [pythonHarness('middleware in Python workers', 'around:identity', workers), sections],
  [pythonHarness('middleware in Python threads', 'around:identity', threads), sections],
  [pythonHarness("wsgiref's validator", 'wsgiref.validate:validator', threads), valid],
  [pythonHarness('the validator in Python', 'wizgi_worker.validate:validator', threads), valid],
];

for (const [harness, cases] of suites) {
  describe(harness.name, () => {
    const { component, differences = {} } = harness;
    beforeEach((context) => {
      if (component !== undefined) need(component, context);
      const { name } = context.task;
      if (Object.hasOwn(differences, name)) context.skip(differences[name]);
    });
    afterAll(() => harness.close?.());
    for (const section of cases) section(harness);
  });
}
