import { FastResponse } from './fast-response.ts';
import { LightRequest, setTaken, takesLightRequests } from './light-request.ts';

/**
 * Puts {@link FastResponse} in the place of the global Response, for handlers that make theirs with
 * `new Response()`, as Hono does. From Node.js 22 on, Request and `fetch` are replaced too, by ones that also
 * take the light Requests of `fromFetch`.
 *
 * Real Responses, as those of `fetch()`, stay `instanceof Response`, and fast ones are real to whoever
 * asks more of them than a server does. Call it before anything is served; modules that kept the old
 * Response go on with that.
 *
 * @returns what undoes it.
 *
 * @example
 * installFastFetch();
 * await serve(fromFetch(honoApp));
 */
export function installFastFetch(): () => void {
  const { Request, Response, fetch } = globalThis;
  if ((Response as unknown) === FastResponse) return () => undefined;
  globalThis.Response = FastResponse as unknown as typeof Response;
  if (!takesLightRequests()) {
    globalThis.Request = acceptingStandIns(Request);
    globalThis.fetch = (input, init) => fetch(real(input) as typeof input, init);
    setTaken(true);
  }
  return () => {
    Object.assign(globalThis, { Request, Response, fetch });
    setTaken(null);
  };
}

function acceptingStandIns(Native: typeof Request): typeof Request {
  return new Proxy(Native, {
    construct: (target, [input, ...rest], self) =>
      Reflect.construct(target, [real(input), ...rest], self),
  });
}

function real(input: unknown): unknown {
  return input instanceof LightRequest ? input.toNative() : input;
}
