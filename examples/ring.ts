/**
 * A Ring handler with Ring middleware around it: functions from a request map to a response map. As a WSGI
 * application it runs on every server here, behind any of its middleware.
 */
import { fromRing, type RingHandler, type RingRequest, type RingResponse } from 'wizgi/ring';

const greet: RingHandler = (request) => {
  const { name = 'world' } = request['params'] as Readonly<Record<string, string>>;
  return { status: 200, headers: {}, body: `Hello, ${name}!\n` };
};

/** Adds the parameters of the query to the request. */
function wrapParams(handler: RingHandler): RingHandler {
  return (request: RingRequest) => {
    const params = Object.fromEntries(new URLSearchParams(request['query-string']));
    return handler({ ...request, params });
  };
}

/** Says what content is where nobody did. */
function wrapContentType(handler: RingHandler, type: string): RingHandler {
  return async (request: RingRequest): Promise<RingResponse> => {
    const response = await handler(request);
    return { ...response, headers: { 'content-type': type, ...response.headers } };
  };
}

export const application = fromRing(
  wrapContentType(wrapParams(greet), 'text/plain; charset=utf-8'),
);
