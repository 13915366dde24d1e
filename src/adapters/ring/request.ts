import { encodePath } from '../../wsgi/environ.ts';
import { requestTarget } from '../../wsgi/request-target.ts';
import type { Environ } from '../../wsgi/types.ts';
import { InputBody } from './request-body.ts';
import type { RingRequest } from './types.ts';

/** The request map of an environ. (Ring Spec, Request Maps) */
export function ringRequest(environ: Environ): RingRequest {
  const { QUERY_STRING: query, REMOTE_ADDR: address } = environ;
  const uri = pathOf(requestTarget(environ, '', true));
  const request: RingRequest = {
    'request-method': environ.REQUEST_METHOD.toLowerCase(),
    scheme: environ['wsgi.url_scheme'],
    uri,
    protocol: environ.SERVER_PROTOCOL,
    'server-name': environ.SERVER_NAME,
    'server-port': Number(environ.SERVER_PORT),
    'remote-addr': typeof address === 'string' ? address : '',
    headers: headersOf(environ),
    context: encodePath(environ.SCRIPT_NAME),
    'path-info': pathInfo(environ, uri),
    'wizgi/environ': environ,
  };
  if (query !== '') request['query-string'] = query;
  if (hasContent(environ)) {
    request.body = new InputBody(environ['wsgi.input'], environ['wizgi.input']);
  }
  return request;
}

function pathInfo(environ: Environ, uri: string): string {
  if (environ.SCRIPT_NAME === '') return uri;
  return environ.PATH_INFO === '' ? '' : pathOf(requestTarget(environ, '', false));
}

function pathOf(target: string): string {
  const mark = target.indexOf('?');
  return mark === -1 ? target : target.slice(0, mark);
}

function headersOf(environ: Environ): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const key of Object.keys(environ)) {
    const name = headerName(key);
    if (name !== null) headers[name] = String(environ[key]);
  }
  return headers;
}

/** The header that an environ key carries, or null. */
function headerName(key: string): string | null {
  if (key === 'CONTENT_TYPE' || key === 'CONTENT_LENGTH') return dashed(key);
  return key.startsWith('HTTP_') ? dashed(key.slice(5)) : null;
}

function dashed(key: string): string {
  return key.toLowerCase().replaceAll('_', '-');
}

function hasContent(environ: Environ): boolean {
  const { CONTENT_LENGTH: length } = environ;
  if (length === undefined || length === '') return environ['wizgi.streaming'] === true;
  return length !== '0';
}
