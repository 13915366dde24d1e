import { ConfigurationError } from '../../gateways/options.ts';
import type { HostedApplication } from '../../wsgi/hosted.ts';
import type { NodeApplication } from './handler.ts';

/** What applications start that have hooks: Fastify's and NestJS's, and who may be promised. */
export class NodeLifecycle implements HostedApplication {
  readonly reload = null;
  private readonly app: NodeApplication | PromiseLike<NodeApplication>;
  private readonly handler: Promise<unknown>;

  constructor(app: NodeApplication | PromiseLike<NodeApplication>, handler: Promise<unknown>) {
    this.app = app;
    this.handler = handler;
  }

  get ready(): Promise<unknown> {
    return this.handler.catch((cause: unknown) => {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new ConfigurationError(`fromNode: the application is not ready: ${message}`, { cause });
    });
  }

  /** Runs its hooks: `onClose` of Fastify, `onModuleDestroy` and the like of NestJS. */
  async close(): Promise<void> {
    // A promise that was rejected has nothing to close; Fastify's instances are no promises, but thenable.
    const app = 'close' in this.app ? this.app : await Promise.resolve(this.app).catch(() => null);
    const { close } = (app ?? {}) as { close?: () => unknown };
    if (typeof close === 'function') await close.call(app);
  }
}
