/** Which event is which, and the request in it. */
import { isBelow } from '../../wsgi/environ.ts';
import type { HeaderList } from '../../wsgi/types.ts';
import {
  bodyOf,
  cleanPath,
  encodeDecodedPath,
  encodeQuery,
  headerList,
  headerOf,
  joinQuery,
  pairs,
} from './fields.ts';
import type { LambdaRequest } from './request.ts';
import type { GatewayEvent, LatticeEvent, LoadBalancerEvent, Payload2Event } from './types.ts';

/** The HTTP request of an event; null if it is none. */
export function requestOf(event: unknown): LambdaRequest | null {
  if (!isObject(event) || !isObject(event['requestContext'])) return null;
  const { requestContext: context } = event;
  // What authorizers are asked looks like a request, but is none.
  if (event['type'] === 'REQUEST') return null;
  if (typeof event['httpMethod'] === 'string' && typeof event['path'] === 'string') {
    return 'elb' in context
      ? balancerRequest(event as unknown as LoadBalancerEvent)
      : gatewayRequest(event as unknown as GatewayEvent);
  }
  if (isObject(context['http']) && typeof event['rawPath'] === 'string') {
    return payload2Request(event as unknown as Payload2Event);
  }
  if (typeof context['serviceArn'] === 'string' && typeof event['path'] === 'string') {
    return latticeRequest(event as unknown as LatticeEvent);
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/**
 * API Gateway, payload format 1.0. REST APIs leave paths encoded and stages out of them, HTTP APIs decode
 * paths and leave named stages in; both decode the query.
 */
function gatewayRequest(event: GatewayEvent): LambdaRequest {
  const { requestContext: context } = event;
  const headers = headerList(event.headers, event.multiValueHeaders);
  const isHttpApi = event.version === '1.0' && context.resourceId == null;
  const location = isHttpApi
    ? stagedPath(event.path, context.stage, context.domainName)
    : restPath(event);
  return {
    method: event.httpMethod,
    ...location,
    query: encodeQuery(pairs(event.queryStringParameters, event.multiValueQueryStringParameters)),
    headers,
    protocol: context.protocol ?? 'HTTP/1.1',
    ...server(headers, context.domainName, 'https'),
    ...peer(context.identity?.sourceIp ?? ''),
    body: bodyOf(event.body, event.isBase64Encoded),
    answer: 'gateway',
  };
}

/** API Gateway's HTTP APIs and function URLs, payload format 2.0. Only function URLs leave paths encoded. */
function payload2Request(event: Payload2Event): LambdaRequest {
  const { requestContext: context } = event;
  const headers = headerList(event.headers, null);
  const { cookies = [] } = event;
  const listed = cookies.length === 0 ? headers : withCookies(headers, cookies);
  const location = isFunctionUrl(context.domainName)
    ? { path: cleanPath(event.rawPath), mount: '' }
    : stagedPath(event.rawPath, context.stage, context.domainName);
  return {
    method: context.http.method,
    ...location,
    query: event.rawQueryString ?? '',
    headers: listed,
    protocol: context.http.protocol ?? 'HTTP/1.1',
    ...server(headers, context.domainName, 'https'),
    ...peer(context.http.sourceIp ?? ''),
    body: bodyOf(event.body, event.isBase64Encoded),
    answer: 'payload-2',
  };
}

/** Load balancers leave path and query as they are; each appends the peer to X-Forwarded-For. */
function balancerRequest(event: LoadBalancerEvent): LambdaRequest {
  const headers = headerList(event.headers, event.multiValueHeaders);
  const forwarded = headerOf(headers, 'x-forwarded-for');
  return {
    method: event.httpMethod,
    path: cleanPath(event.path),
    mount: '',
    query: joinQuery(pairs(event.queryStringParameters, event.multiValueQueryStringParameters)),
    headers,
    protocol: 'HTTP/1.1',
    ...server(headers, undefined, 'http'),
    ...peer(forwarded.slice(forwarded.lastIndexOf(',') + 1).trim()),
    body: bodyOf(event.body, event.isBase64Encoded),
    answer: event.multiValueHeaders === undefined ? 'balancer' : 'balancer-multi',
  };
}

/** VPC Lattice, event structure 2.0. */
function latticeRequest(event: LatticeEvent): LambdaRequest {
  const headers = headerList(null, event.headers);
  const forwarded = headerOf(headers, 'x-forwarded-for');
  const mark = event.path.indexOf('?');
  return {
    method: event.method,
    path: cleanPath(mark === -1 ? event.path : event.path.slice(0, mark)),
    mount: '',
    query:
      mark === -1
        ? encodeQuery(pairs(null, event.queryStringParameters ?? {}))
        : event.path.slice(mark + 1),
    headers,
    protocol: 'HTTP/1.1',
    ...server(headers, undefined, 'https'),
    ...peer(forwarded.slice(forwarded.lastIndexOf(',') + 1).trim()),
    body: bodyOf(event.body, event.isBase64Encoded),
    answer: 'lattice',
  };
}

interface Location {
  readonly path: string;
  readonly mount: string;
}

/** The path as the client wrote it stands in the context: with the stage, unless a domain is mapped to it. */
function restPath({
  path,
  requestContext: { path: whole = path, stage = '' },
}: GatewayEvent): Location {
  const mount = whole.endsWith(path) ? whole.slice(0, -path.length) : '';
  return mount === `/${stage}`
    ? { path: cleanPath(whole), mount }
    : { path: cleanPath(path), mount: '' };
}

/**
 * HTTP APIs have the name of the stage in every path, though clients have it only in those of the API's
 * own domain.
 */
function stagedPath(decoded: string, stage = '$default', domainName = ''): Location {
  const prefix = `/${stage}`;
  const path = encodeDecodedPath(decoded);
  if (stage === '$default' || !isBelow(path, prefix)) {
    return { path, mount: '' };
  }
  if (domainName.includes('.execute-api.')) return { path, mount: prefix };
  return { path: path.slice(prefix.length) || '/', mount: '' };
}

function isFunctionUrl(domainName = ''): boolean {
  return domainName.includes('.lambda-url.');
}

function withCookies(headers: HeaderList, cookies: readonly string[]): HeaderList {
  return [
    ...headers.filter(([name]) => name.toLowerCase() !== 'cookie'),
    ['cookie', cookies.join('; ')],
  ];
}

/** Load balancers add the port where they are told to preserve it. */
function peer(text: string): Pick<LambdaRequest, 'remoteAddress' | 'remotePort'> {
  const match = /^(?:\[([^\]]+)\]|([\d.]+))(?::(\d+))?$/.exec(text);
  return { remoteAddress: match?.[1] ?? match?.[2] ?? text, remotePort: match?.[3] ?? '' };
}

interface ServerAddress {
  readonly scheme: string;
  readonly serverName: string;
  readonly serverPort: string;
}

/** How clients reach the function: what the platform says in its own headers. */
function server(
  headers: HeaderList,
  domainName: string | undefined,
  usual: 'http' | 'https',
): ServerAddress {
  const proto = headerOf(headers, 'x-forwarded-proto').toLowerCase();
  const scheme = proto === 'http' || proto === 'https' ? proto : usual;
  const host = domainName || headerOf(headers, 'host');
  const port = headerOf(headers, 'x-forwarded-port');
  return {
    scheme,
    serverName: /^(\[[^\]]*\]|[^:]+)/.exec(host)?.[0] ?? 'localhost',
    serverPort: /^\d+$/.test(port) ? port : scheme === 'https' ? '443' : '80',
  };
}
