/** Objects that pass for one of a built-in class, which is made only when something asks for it. */

type Class = abstract new (...args: never[]) => object;

/**
 * Has a class pass for a built-in one: `instanceof` holds, and all that it does not define itself is done
 * by the real object.
 *
 * Where the built-in keeps its state under symbols (Node.js 20), its own methods, constructors and
 * `fetch` accept the stand-in too.
 *
 * @param sample - any real object.
 * @param real - makes the real object of a stand-in, or gives the one that was made.
 */
export function standIn<T extends object, R extends object>(
  own: abstract new (...args: never[]) => T,
  builtIn: Class & { prototype: R },
  sample: R,
  real: (self: T) => R,
): void {
  const prototype = own.prototype as T;
  for (const name of Reflect.ownKeys(builtIn.prototype)) {
    const property = Reflect.getOwnPropertyDescriptor(builtIn.prototype, name);
    if (property === undefined || Object.hasOwn(prototype, name)) continue;
    if (property.get !== undefined) forwardAccessor(prototype, name, real);
    else if (typeof property.value === 'function') forwardMethod(prototype, name, real);
  }
  for (const state of Object.getOwnPropertySymbols(sample)) {
    forwardAccessor(prototype, state, real);
  }
  Object.setPrototypeOf(prototype, builtIn.prototype);
}

/** Has objects of a class call the built-in one their constructor, as nobody else makes them. */
export function passFor(own: abstract new (...args: never[]) => object, builtIn: Class): void {
  Object.defineProperty(own.prototype, 'constructor', {
    value: builtIn,
    writable: true,
    configurable: true,
  });
}

function forwardAccessor<T extends object>(
  prototype: T,
  name: PropertyKey,
  real: (self: T) => object,
): void {
  Object.defineProperty(prototype, name, {
    configurable: true,
    get(this: T) {
      return Reflect.get(real(this), name);
    },
  });
}

function forwardMethod<T extends object>(
  prototype: T,
  name: PropertyKey,
  real: (self: T) => object,
): void {
  Object.defineProperty(prototype, name, {
    configurable: true,
    writable: true,
    value(this: T, ...args: unknown[]): unknown {
      const self = real(this);
      return (Reflect.get(self, name) as (...args: unknown[]) => unknown).apply(self, args);
    },
  });
}
