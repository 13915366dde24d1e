/** What of AWS Lambda's Node.js runtime and of its events is used here, and no more. */

/** The second argument of a handler. */
export interface LambdaContext {
  /** Milliseconds until Lambda ends the invocation. */
  getRemainingTimeInMillis?(): number;
  readonly awsRequestId?: string;
  /** Whether the instance waits for all that is under way before it takes its next request. */
  callbackWaitsForEmptyEventLoop?: boolean;
}

/** Values of one header or query parameter each, as events have them. */
export type Values = Readonly<Record<string, string | undefined>>;

/** All values of each header or query parameter. */
export type MultiValues = Readonly<Record<string, readonly string[] | undefined>>;

interface WithBody {
  readonly body?: string | null | undefined;
  readonly isBase64Encoded?: boolean | undefined;
}

/** An event of an API Gateway REST API, or of an HTTP API in payload format 1.0. */
export interface GatewayEvent extends WithBody {
  /** Present in an HTTP API's events: `'1.0'`. */
  readonly version?: string | undefined;
  readonly httpMethod: string;
  readonly path: string;
  readonly headers?: Values | null | undefined;
  readonly multiValueHeaders?: MultiValues | null | undefined;
  readonly queryStringParameters?: Values | null | undefined;
  readonly multiValueQueryStringParameters?: MultiValues | null | undefined;
  readonly requestContext: {
    readonly stage?: string | undefined;
    /** The path with the stage. */
    readonly path?: string | undefined;
    readonly resourceId?: string | null | undefined;
    readonly domainName?: string | undefined;
    readonly protocol?: string | undefined;
    readonly identity?: { readonly sourceIp?: string } | undefined;
  };
}

/** An event of an HTTP API in payload format 2.0, or of a function URL. */
export interface Payload2Event extends WithBody {
  readonly version: '2.0';
  readonly rawPath: string;
  readonly rawQueryString?: string | undefined;
  readonly cookies?: readonly string[] | undefined;
  readonly headers: Values;
  readonly requestContext: {
    readonly stage?: string | undefined;
    readonly domainName?: string | undefined;
    readonly http: {
      readonly method: string;
      readonly protocol?: string | undefined;
      readonly sourceIp?: string | undefined;
    };
  };
}

/** An event of an Application Load Balancer. */
export interface LoadBalancerEvent extends WithBody {
  readonly httpMethod: string;
  readonly path: string;
  readonly headers?: Values | undefined;
  /** In place of `headers` where the target group says so. */
  readonly multiValueHeaders?: MultiValues | undefined;
  readonly queryStringParameters?: Values | undefined;
  readonly multiValueQueryStringParameters?: MultiValues | undefined;
  readonly requestContext: { readonly elb: unknown };
}

/** An event of VPC Lattice, version 2.0. */
export interface LatticeEvent extends WithBody {
  readonly version: '2.0';
  readonly method: string;
  readonly path: string;
  readonly headers: MultiValues;
  readonly queryStringParameters?: MultiValues | undefined;
  readonly requestContext: { readonly serviceArn: string };
}

/** What a handler answers; which of the members there are depends on what the event came from. */
export interface LambdaResult {
  readonly statusCode: number;
  /** Load balancers want the status as a line. */
  readonly statusDescription?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>;
  readonly cookies?: readonly string[];
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/** A handler that gives its answer whole. */
export type LambdaHandler = (event: unknown, context?: LambdaContext) => Promise<unknown>;

/** What a streaming handler writes to: a Node.js stream, as far as it is used. */
export interface ResponseStream {
  write(block: Uint8Array | string): boolean;
  end(done?: () => void): unknown;
  on(event: 'drain' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

/** A handler as `awslambda.streamifyResponse` takes it. */
export type StreamingHandler = (
  event: unknown,
  stream: ResponseStream,
  context?: LambdaContext,
) => Promise<void>;

/** The global `awslambda` of Lambda's own Node.js runtimes. */
export interface AwsLambda {
  streamifyResponse<T extends StreamingHandler>(handler: T): T;
  readonly HttpResponseStream: {
    from(stream: ResponseStream, metadata: Readonly<Record<string, unknown>>): ResponseStream;
  };
}
