/** What of node:http's response a handler calls first; here it has `startResponse` in its place. */
const RESPONSE_METHODS =
  /\.(?:writeHead|setHeader|flushHeaders)\b.* is not a function$|\bres(?:ponse)?\.(?:end|write|send|json|status|type|set)\b.* is not a function$/;

/**
 * What to do about an application that failed as one does that was written for another interface; null
 * where nothing tells.
 */
export function foreignInterface(error: unknown): string | null {
  if (!(error instanceof TypeError)) return null;
  if (error.message.startsWith('the application returned a Response') || isUrlMissing(error)) {
    return "it looks like a fetch handler: --interface fetch, or fromFetch() of 'wizgi/fetch'";
  }
  if (RESPONSE_METHODS.test(error.message)) {
    return "it looks like a handler of node:http: --interface node, or fromNode() of 'wizgi/node'";
  }
  return null;
}

/** An environ has no `url`, which fetch handlers make a URL of. */
function isUrlMissing(error: TypeError & { readonly code?: unknown; readonly input?: unknown }) {
  return error.code === 'ERR_INVALID_URL' && error.input === 'undefined';
}
