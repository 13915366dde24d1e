/** What is sent to an application, as data. */

export interface Step {
  /** As reports and tables call it; of its own within an application. */
  readonly name: string;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string | Uint8Array;
  /** The content is sent without saying how long it is. */
  readonly chunked?: boolean;
  /** Sends the cookies that the steps before it were given. */
  readonly cookies?: boolean;
  /** Once this text has come, another target is asked for, without which there is no more. */
  readonly meanwhile?: { readonly text: string; readonly ask: string };
  /** Leaves once this text has come, and waits until the other target counts one more. */
  readonly leave?: { readonly text: string; readonly ask: string };
}

/** Steps in their order; each flow is begun without cookies. */
export type Flow = readonly Step[];

type Details = Partial<Omit<Step, 'method' | 'target'>>;

export function step(method: string, target: string, details: Details = {}): Step {
  return { name: `${method} ${target}`, method, target, headers: [], ...details };
}

/** Its name says the headers too, where they are short. */
export function get(target: string, headers: Record<string, string> = {}, details: Details = {}) {
  const list = Object.entries(headers);
  const shown = list.map(([name, value]) => (value.length < 20 ? `${name}: ${value}` : name));
  const name = `GET ${target}${shown.length === 0 ? '' : ` with ${shown.join(', ')}`}`;
  return step('GET', target, { name, headers: list, ...details });
}

export function post(
  target: string,
  type: string,
  body: string | Uint8Array,
  details: Details = {},
) {
  return step('POST', target, {
    body,
    ...details,
    headers: [['Content-Type', type], ...(details.headers ?? [])],
  });
}
