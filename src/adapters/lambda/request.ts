import type { HeaderList } from '../../wsgi/types.ts';

/** The form in which an answer is expected. */
export type AnswerForm = 'gateway' | 'payload-2' | 'balancer' | 'balancer-multi' | 'lattice';

/** An HTTP request, whichever event it came in. */
export interface LambdaRequest {
  readonly method: string;
  /** Percent-encoded, as far as the event tells. */
  readonly path: string;
  /** The part of the path that the platform mounted the function at: a stage; or empty. */
  readonly mount: string;
  /** Percent-encoded, without the question mark. */
  readonly query: string;
  readonly headers: HeaderList;
  readonly protocol: string;
  readonly scheme: string;
  readonly serverName: string;
  readonly serverPort: string;
  readonly remoteAddress: string;
  /** Empty where it is not told. */
  readonly remotePort: string;
  readonly body: Uint8Array;
  readonly answer: AnswerForm;
}
