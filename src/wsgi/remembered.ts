// Peers use the same few names again and again; the bounds are for those who invent them.
const MOST = 1024;
const LONGEST = 64;

/**
 * A function that remembers what it has made of a name.
 *
 * @param make - gives the same for the same name, and never undefined; what it throws is thrown each time.
 */
export function remembered<Value>(make: (name: string) => Value): (name: string) => Value {
  const known = new Map<string, Value>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const made = make(name);
    if (name.length > LONGEST) return made;
    if (known.size >= MOST) known.clear();
    known.set(name, made);
    return made;
  };
}
