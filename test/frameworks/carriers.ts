/** What carries requests to the applications in this process. */

import { frontEndHarness } from '../conformance/front-ends/harness.ts';
import type { Harness } from '../conformance/harness.ts';
import { cgiHarness } from '../conformance/harness-cgi.ts';
import { clientHarness } from '../conformance/harness-client.ts';
import { httpHarness } from '../conformance/harness-http.ts';

export const CARRIERS = ['HTTP', 'FastCGI', 'AJP', 'CGI', 'test client'] as const;

export type Carrier = (typeof CARRIERS)[number];

/** Makes one of each; front ends run from the first request until it is closed. */
export function makeHarnesses(): Readonly<Record<Carrier, Harness>> {
  return {
    HTTP: httpHarness,
    FastCGI: frontEndHarness('nginx-fastcgi.conf'),
    AJP: frontEndHarness('apache-ajp.conf'),
    CGI: cgiHarness,
    'test client': clientHarness,
  };
}
