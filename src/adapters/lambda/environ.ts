import { addHeader, decodePath, isBelow, knownEnvironKey } from '../../wsgi/environ.ts';
import { fileWrapper } from '../../wsgi/file-wrapper.ts';
import { AsyncInput, type Input } from '../../wsgi/input.ts';
import type { Environ } from '../../wsgi/types.ts';
import { SOFTWARE } from '../../wsgi/version.ts';
import type { LambdaFacts } from './options.ts';
import type { LambdaRequest } from './request.ts';
import type { LambdaContext } from './types.ts';

/** What Lambda called the handler with. */
export interface Invocation {
  readonly event: unknown;
  readonly context: LambdaContext | undefined;
}

/** The environ of a request. */
export function lambdaEnviron(
  request: LambdaRequest,
  facts: LambdaFacts,
  input: Input,
  { event, context }: Invocation,
): Environ {
  const { query } = request;
  const { path, mount } = locationOf(request, facts) ?? { path: request.path, mount: '' };
  const target = query === '' ? path : `${path}?${query}`;
  const environ: Environ = {
    REQUEST_METHOD: request.method,
    SCRIPT_NAME: mount,
    PATH_INFO: decodePath(path).slice(mount.length),
    QUERY_STRING: query,
    REQUEST_URI: target,
    RAW_URI: target,
    SERVER_NAME: request.serverName,
    SERVER_PORT: request.serverPort,
    SERVER_PROTOCOL: request.protocol,
    SERVER_SOFTWARE: SOFTWARE,
    GATEWAY_INTERFACE: 'CGI/1.1',
    REMOTE_ADDR: request.remoteAddress,
    REMOTE_PORT: request.remotePort,
    'wsgi.version': [1, 0],
    'wsgi.url_scheme': request.scheme,
    'wsgi.input': input,
    'wsgi.errors': facts.errors,
    // An instance has one request at a time, but there are as many instances as it takes.
    'wsgi.multithread': false,
    'wsgi.multiprocess': true,
    'wsgi.run_once': false,
    'wsgi.input_terminated': true,
    'wsgi.file_wrapper': fileWrapper,
    'wizgi.input': new AsyncInput(input),
    'wizgi.streaming': facts.streaming,
    'wizgi.lambda.event': event,
    'wizgi.lambda.context': context,
  };
  for (const [name, value] of request.headers) {
    const key = knownEnvironKey(name);
    if (key !== null) addHeader(environ, key, value);
  }
  // That of the event can be one of content in another form.
  if (request.body.byteLength > 0) environ.CONTENT_LENGTH = String(request.body.byteLength);
  if (request.scheme === 'https') environ['HTTPS'] = 'on';
  for (const [key, value] of facts.extra) environ[key] = value;
  return environ;
}

/** A path, percent-encoded, and the part of it that the application is mounted at, decoded. */
interface Location {
  readonly path: string;
  readonly mount: string;
}

/**
 * Where a request lies; null if that is outside the mount point.
 *
 * A stage counts only where the mount point has it: who says another one has the stage hidden, as
 * CloudFront does with the path of its origin.
 */
export function locationOf(
  { path, mount }: LambdaRequest,
  { scriptName }: LambdaFacts,
): Location | null {
  if (scriptName === null) return { path, mount: decodePath(mount) };
  const below = path.slice(mount.length) || '/';
  const found = [below, path].find((one) => isBelow(decodePath(one), scriptName));
  return found === undefined ? null : { path: found, mount: scriptName };
}
