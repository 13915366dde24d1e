/**
 * AWS in front of a function, as far as requests and answers go: HTTP becomes events of each kind, and
 * what functions answer becomes HTTP, by the documented payload formats and what deployments were seen to
 * do with paths.
 */
import { STATUS_CODES } from 'node:http';
import querystring from 'node:querystring';
import type { LambdaResult } from 'wizgi/lambda';

export interface HttpRequest {
  readonly method: string;
  /** As on the request line. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

export interface HttpAnswer {
  readonly status: number;
  /** `'200 OK'` */
  readonly statusLine: string;
  readonly headers: [name: string, value: string][];
  readonly body: Buffer;
}

/** One way in which a function can be reached. */
export interface Platform {
  readonly name: string;
  event(request: HttpRequest): object;
}

/** What a platform tells of the client's side. */
export interface Client {
  readonly address: string;
  readonly scheme: 'http' | 'https';
  /** X-Forwarded-For, -Proto and -Port are added. */
  readonly announced: boolean;
}

const CLIENT: Client = { address: '192.0.2.7', scheme: 'https', announced: true };

/** A REST API's own domain, where the stage is part of the URL but not of the path. */
export function restApi(
  stage = 'prod',
  domainName = 'abc123.execute-api.eu-west-1.amazonaws.com',
): Platform {
  return {
    name: 'REST API',
    event(request) {
      const { path, parameters } = split(request.target);
      const own = domainName.includes('.execute-api.');
      const below =
        own && path.startsWith(`/${stage}`) ? path.slice(stage.length + 1) || '/' : path;
      return {
        resource: '/{proxy+}',
        path: below,
        httpMethod: request.method,
        headers: lastValues(forwarded(request)),
        multiValueHeaders: allValues(forwarded(request)),
        queryStringParameters: orNull(lastValues(parameters.map(decodePair))),
        multiValueQueryStringParameters: orNull(allValues(parameters.map(decodePair))),
        pathParameters: { proxy: below.slice(1) },
        stageVariables: null,
        requestContext: {
          resourceId: 'res123',
          resourcePath: '/{proxy+}',
          httpMethod: request.method,
          path,
          protocol: 'HTTP/1.1',
          stage,
          domainName,
          identity: { sourceIp: CLIENT.address, userAgent: null },
          requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
        },
        ...content(request),
      };
    },
  };
}

/** An HTTP API in payload format 1.0 or 2.0: the path comes decoded, with the stage if it has a name. */
export function httpApi(
  version: '1.0' | '2.0',
  stage = '$default',
  domainName = 'def456.execute-api.eu-west-1.amazonaws.com',
): Platform {
  const staged = (target: string) => {
    const { path } = split(target);
    const own = domainName.includes('.execute-api.');
    return percentDecode(stage === '$default' || own ? path : `/${stage}${path}`);
  };
  if (version === '2.0') {
    return {
      name: 'HTTP API 2.0',
      event: (request) => payload2(request, staged(request.target), stage, domainName),
    };
  }
  return {
    name: 'HTTP API 1.0',
    event(request) {
      const { parameters } = split(request.target);
      const path = staged(request.target);
      return {
        version: '1.0',
        resource: '$default',
        path,
        httpMethod: request.method,
        headers: lastValues(forwarded(request)),
        multiValueHeaders: allValues(forwarded(request)),
        queryStringParameters: orNull(lastValues(parameters.map(decodePair))),
        multiValueQueryStringParameters: orNull(allValues(parameters.map(decodePair))),
        requestContext: {
          resourceId: null,
          httpMethod: request.method,
          path,
          protocol: 'HTTP/1.1',
          stage,
          domainName,
          identity: { sourceIp: CLIENT.address },
        },
        ...content(request),
      };
    },
  };
}

/** A function URL: the path as it was sent. */
export function functionUrl(client = CLIENT): Platform {
  const domainName = 'ghi789.lambda-url.eu-west-1.on.aws';
  return {
    name: 'function URL',
    event: (request) =>
      payload2(request, split(request.target).path, '$default', domainName, client),
  };
}

/** A load balancer, whose target group has multi-value headers or not. */
export function loadBalancer(multi: boolean): Platform {
  return {
    name: multi ? 'load balancer, multi-value' : 'load balancer',
    event(request) {
      const { path, parameters } = split(request.target);
      const headers = forwarded(request, { ...CLIENT, scheme: 'http' }).map(lowerCase);
      const collect = multi ? allValues : lastValues;
      const prefix = multi ? 'multiValueQ' : 'q';
      return {
        requestContext: {
          elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/wizgi/1' },
        },
        httpMethod: request.method,
        path,
        [`${prefix}ueryStringParameters`]: collect(parameters),
        [multi ? 'multiValueHeaders' : 'headers']: collect(headers),
        ...content(request),
        body: content(request).body ?? '',
      };
    },
  };
}

/** VPC Lattice, event structure 2.0. */
export const lattice: Platform = {
  name: 'VPC Lattice',
  event(request) {
    const { parameters } = split(request.target);
    const { body, isBase64Encoded } = content(request);
    return {
      version: '2.0',
      path: request.target,
      method: request.method,
      headers: allValues(forwarded(request).map(lowerCase)),
      queryStringParameters: allValues(parameters.map(decodePair)),
      requestContext: {
        serviceArn: 'arn:aws:vpc-lattice:eu-west-1:1:service/svc-1',
        region: 'eu-west-1',
        identity: { sourceVpcArn: 'arn:aws:ec2:eu-west-1:1:vpc/vpc-1' },
      },
      ...(body === null ? {} : { body, isBase64Encoded }),
    };
  },
};

function payload2(
  request: HttpRequest,
  path: string,
  stage: string,
  domainName: string,
  client = CLIENT,
): object {
  const { query, parameters } = split(request.target);
  const headers = forwarded(request, client).map(lowerCase);
  const cookies = headers
    .filter(([name]) => name === 'cookie')
    .flatMap(([, value]) => value.split(/;\s*/));
  const parts = allValues(parameters.map(decodePair));
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    ...(cookies.length === 0 ? {} : { cookies }),
    headers: joined(headers.filter(([name]) => name !== 'cookie')),
    ...(parameters.length === 0 ? {} : { queryStringParameters: joined(Object.entries(parts)) }),
    requestContext: {
      apiId: 'ghi789',
      domainName,
      stage,
      routeKey: '$default',
      http: {
        method: request.method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: client.address,
        userAgent: '',
      },
    },
    ...(request.body.length === 0 ? { isBase64Encoded: false } : content(request)),
  };
}

type Pair = readonly [name: string, value: string];

function split(target: string): { path: string; query: string; parameters: Pair[] } {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? '' : target.slice(mark + 1);
  const parameters = query
    .split('&')
    .filter((part) => part !== '')
    .map((part): Pair => {
      const equals = part.indexOf('=');
      return equals === -1 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
    });
  return { path, query, parameters };
}

function decodePair([name, value]: Pair): Pair {
  return [percentDecode(name.replaceAll('+', ' ')), percentDecode(value.replaceAll('+', ' '))];
}

function percentDecode(text: string): string {
  return querystring.unescape(text);
}

function lowerCase([name, value]: Pair): Pair {
  return [name.toLowerCase(), value];
}

/** With what the platform adds. */
function forwarded(request: HttpRequest, client = CLIENT): Pair[] {
  const { address, scheme, announced } = client;
  const proto: Pair = ['X-Forwarded-Proto', scheme];
  const own = announced ? /^x-forwarded-(?:for|port|proto)$/i : /^x-forwarded-proto$/i;
  const kept = request.headers.filter(([name]) => !own.test(name));
  if (!announced) return [...kept, proto];
  const before = request.headers.find(([name]) => name.toLowerCase() === 'x-forwarded-for')?.[1];
  return [
    ...kept,
    ['X-Forwarded-For', before === undefined ? address : `${before}, ${address}`],
    ['X-Forwarded-Port', scheme === 'https' ? '443' : '80'],
    proto,
  ];
}

function lastValues(pairs: readonly Pair[]): Record<string, string> {
  return Object.fromEntries(pairs);
}

function allValues(pairs: readonly Pair[]): Record<string, string[]> {
  const values: Record<string, string[]> = Object.create(null);
  for (const [name, value] of pairs) {
    values[name] ??= [];
    values[name].push(value);
  }
  return values;
}

function joined(pairs: readonly (readonly [string, string | readonly string[]])[]) {
  const values: Record<string, string> = Object.create(null);
  for (const [name, value] of pairs) {
    values[name] = name in values ? `${values[name]}, ${value}` : String(value);
  }
  return values;
}

function orNull<T extends object>(values: T): T | null {
  return Object.keys(values).length === 0 ? null : values;
}

/** As if every type of content was said to be binary. */
function content({ body }: HttpRequest): { body: string | null; isBase64Encoded: boolean } {
  if (body.length === 0) return { body: null, isBase64Encoded: false };
  return { body: body.toString('base64'), isBase64Encoded: true };
}

/** The head of an answer, from the metadata ahead of a streamed one. */
export function headOf(metadata: Omit<LambdaResult, 'body' | 'isBase64Encoded'>) {
  const { statusCode, statusDescription, cookies = [] } = metadata;
  const headers: [string, string][] = [
    ...Object.entries(metadata.headers ?? {}),
    ...Object.entries(metadata.multiValueHeaders ?? {}).flatMap(([name, values]) =>
      values.map((value): [string, string] => [name, value]),
    ),
    ...cookies.map((value): [string, string] => ['set-cookie', value]),
  ];
  return {
    status: statusCode,
    statusLine: statusDescription ?? `${statusCode} ${STATUS_CODES[statusCode] ?? ''}`,
    headers,
  };
}

/** The HTTP answer that a function's result becomes. */
export function answerOf({ method }: HttpRequest, result: LambdaResult): HttpAnswer {
  const head = headOf(result);
  if (method === 'HEAD' || head.status === 204 || head.status === 304) {
    return { ...head, body: Buffer.alloc(0) };
  }
  const body = Buffer.from(result.body, result.isBase64Encoded ? 'base64' : 'utf8');
  return { ...head, headers: [...head.headers, ['Content-Length', String(body.length)]], body };
}
