import type { Application } from './types.ts';

/**
 * An application behind which something runs that has to be ended, as the processes of `python()`, or
 * what a framework started.
 */
export interface HostedApplication {
  /** Rejects with a ConfigurationError when the application cannot be served. */
  readonly ready: Promise<unknown>;
  /**
   * Loads the application anew; the old one serves until then, and beyond when that fails. Null for
   * what cannot be loaded twice.
   */
  readonly reload: (() => Promise<unknown>) | null;
  /** Ends what runs once its requests are over. */
  close(): Promise<unknown>;
}

// Shared by every copy of this package in the process, as the registry of `streaming()` is.
const registryKey = Symbol.for('wizgi.hosted');
const registry = globalThis as { [registryKey]?: WeakMap<object, readonly HostedApplication[]> };
registry[registryKey] ??= new WeakMap();
const carried = registry[registryKey];

/** The application itself, if something runs behind it, and those that it passes requests on to. */
export function hostedIn(app: object): readonly HostedApplication[] {
  const inner = carried.get(app) ?? [];
  return isHosted(app) ? [app, ...inner] : inner;
}

/** Notes which applications another one passes requests on to, for {@link hostedIn}. */
export function carryHosted(inner: readonly object[], outer: Application): void {
  const known = [...(carried.get(outer) ?? []), ...inner.flatMap(hostedIn)];
  const others = new Set(known.filter((app) => app !== (outer as unknown)));
  if (others.size > 0) carried.set(outer, [...others]);
}

// Does not look at `ready`: whoever does is taken for somebody who waits for it.
function isHosted(app: unknown): app is HostedApplication {
  if ((typeof app !== 'function' && typeof app !== 'object') || app === null) return false;
  const { reload, close } = app as Partial<HostedApplication>;
  const mayReload = reload === null || typeof reload === 'function';
  return 'ready' in app && mayReload && typeof close === 'function';
}
