import type { SpoolOptions } from '../gateways/body.ts';
import { streaming } from '../wsgi/application.ts';
import { climbs } from '../wsgi/request-target.ts';
import type { Application, Body, Environ, StartResponse } from '../wsgi/types.ts';
import { contentOf, type RequestContent } from './content.ts';
import { ForwardedRequest } from './forwarded-request.ts';
import type { UpstreamGroup } from './group.ts';
import { type ScriptOptions, scriptOf } from './script.ts';
import { spoolContent } from './spooled-content.ts';

/** An application behind which there are upstream servers. */
export interface UpstreamApplication extends Application {
  /** Resolves at once: an upstream need not be there yet. */
  readonly ready: Promise<void>;
  /** Does nothing: there is nothing to load. */
  reload(): Promise<void>;
  /** Takes no more requests, lets those under way finish, and ends all connections. */
  close(): Promise<void>;
}

/** Makes the application that sends requests to a group of upstreams. */
export function upstreamApplication(
  group: UpstreamGroup,
  options: SpoolOptions & ScriptOptions,
  end: () => void,
): UpstreamApplication {
  const needsLength = group.upstreams.some((upstream) => upstream.needsLength);
  const hasBase = group.upstreams.some(({ target }) => target.base !== '');
  const application = streaming((environ, startResponse) => {
    const refusal = refusalOf(environ, hasBase, options);
    if (refusal !== null) return refuse(refusal, startResponse);
    const content = contentOf(environ);
    if (needsLength && content !== null && content.length === null) {
      return receiveFirst(environ, startResponse, content, group, options);
    }
    return send(environ, startResponse, content, group);
  });
  return Object.defineProperties(application, {
    ready: { get: () => Promise.resolve() },
    reload: { value: () => Promise.resolve() },
    close: {
      value: () => {
        end();
        return group.close();
      },
    },
  }) as UpstreamApplication;
}

function send(
  environ: Environ,
  startResponse: StartResponse,
  content: RequestContent | null,
  group: UpstreamGroup,
): ForwardedRequest {
  const request = new ForwardedRequest(environ, startResponse, content, group);
  group.opened(request);
  request.start();
  return request;
}

async function receiveFirst(
  environ: Environ,
  startResponse: StartResponse,
  content: RequestContent,
  group: UpstreamGroup,
  options: SpoolOptions,
): Promise<Body> {
  const spooled = await spoolContent(environ, content, options);
  const request = send(spooled.environ, startResponse, spooled.content, group);
  request.whenClosed = spooled.dispose;
  return request;
}

/** Why a request reaches no upstream; null when it does. */
function refusalOf(environ: Environ, hasBase: boolean, options: ScriptOptions): string | null {
  // An upstream that follows `..` would leave what was meant to be reachable.
  if ((hasBase || environ.SCRIPT_NAME !== '') && climbs(environ.PATH_INFO))
    return '400 Bad Request';
  return options.root !== '' && scriptOf(environ, options) === null ? '404 Not Found' : null;
}

function refuse(status: string, startResponse: StartResponse): Body {
  startResponse(status, [['Content-Type', 'text/plain; charset=utf-8']]);
  return [`${status.slice(4)}\n`];
}
