import type { Clock } from '../gateways/clock.ts';
import { AjpClient } from '../protocols/ajp/index.ts';
import type { ClientCodec } from '../protocols/client-codec.ts';
import { FastCgiClient } from '../protocols/fastcgi/index.ts';
import { DEFAULT_RESPONSE_LIMITS, Http1Client } from '../protocols/http1/index.ts';
import { ScgiClient } from '../protocols/scgi/index.ts';
import { UwsgiClient } from '../protocols/uwsgi/index.ts';
import type { Environ } from '../wsgi/types.ts';
import { dialer } from './dial.ts';
import { Health, type HealthOptions } from './health.ts';
import { httpVariables, type MakeVariables } from './http-variables.ts';
import { locator } from './location.ts';
import { metaVariables } from './meta-variables.ts';
import type { ResolvedForwardOptions } from './options.ts';
import { ConnectionPool } from './pool.ts';
import type { UpstreamTarget } from './target.ts';

/** One upstream server: how it is reached and spoken to, and how it does. */
export class Upstream {
  /** Its URL, for the log. */
  readonly name: string;
  readonly target: UpstreamTarget;
  readonly pool: ConnectionPool;
  readonly variables: MakeVariables;
  /** Content of unknown length has to be received whole, because its protocol cannot tell the end. */
  readonly needsLength: boolean;
  readonly locate: (environ: Environ, url: string) => string;
  readonly health: Health;
  /** Its share, beside those of others. */
  readonly weight: number;
  /** Requests that it has now. */
  active = 0;
  /** For round robin: what it is owed of its share. */
  credit = 0;

  constructor(
    target: UpstreamTarget,
    weight: number,
    options: ResolvedForwardOptions,
    health: HealthOptions,
    clock: Clock,
  ) {
    this.name = target.text;
    this.target = target;
    this.weight = weight;
    this.health = new Health(target.text, health);
    const speaksHttp = target.protocol === 'http' || target.protocol === 'https';
    this.needsLength = !speaksHttp && target.protocol !== 'ajp';
    this.variables = speaksHttp
      ? httpVariables(target, options)
      : metaVariables({ ...options, chunked: target.protocol === 'ajp' });
    this.locate =
      speaksHttp && options.rewriteLocation
        ? locator(target, options.keepPrefix)
        : (_environ, url) => url;
    this.pool = new ConnectionPool(
      target.text,
      clock,
      dialer(target, options),
      codecs(target, options),
      {
        connectTimeout: options.connectTimeout * 1000,
        keepAlive: options.keepAlive * 1000,
        maxIdle: options.maxIdle,
        maxConnections: options.maxConnections,
        maxQueue: options.maxQueue,
        queueTimeout: options.queueTimeout * 1000,
      },
      !speaksHttp,
    );
  }

  /** Its share now: less than its weight for a while after it was out of use. */
  share(now: number): number {
    return this.weight * this.health.readiness(now);
  }
}

/** Makes what speaks the upstream's protocol, one for each connection. */
function codecs({ protocol }: UpstreamTarget, options: ResolvedForwardOptions): () => ClientCodec {
  const { maxHeaderBytes, keepAlive, secret } = options;
  switch (protocol) {
    case 'http':
    case 'https': {
      const limits = { ...DEFAULT_RESPONSE_LIMITS, maxHeaderBytes, maxFieldBytes: maxHeaderBytes };
      return () => new Http1Client(limits);
    }
    case 'fastcgi':
      return () => new FastCgiClient({ keepConnection: keepAlive > 0 });
    case 'scgi':
      return () => new ScgiClient();
    case 'uwsgi':
      return () => new UwsgiClient();
    case 'ajp':
      return () => new AjpClient({ secret });
  }
}
