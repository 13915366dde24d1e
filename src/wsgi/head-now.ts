// Shared by every copy of this package in the process, as the registry of `streaming()` is.
const registryKey = Symbol.for('wizgi.head-now');
const registry = globalThis as { [registryKey]?: Uint8Array };
registry[registryKey] ??= new Uint8Array();

/**
 * An empty block that has the head sent, where nothing but an empty block would go out.
 *
 * For adapters: Node handlers call `flushHeaders()` and then wait for an event to tell of, and their
 * clients for the head. To middleware, and to gateways that cannot send a head alone, it is the empty
 * block that it is. (PEP 3333, Handling the Content-Length Header, leaves empty blocks without effect)
 */
export const HEAD_NOW: Uint8Array = registry[registryKey];
