import type { Environ } from '../wsgi/types.ts';

/** The key under which a validator finds the one around it, with a middleware between the two. */
const KEY = 'wizgi.validator';

/** What a validator knows of its own application, for those further in. */
export class Outer {
  /** Counts the blocks that were asked for. */
  step = 0;
  /** A block has been asked for, and has not come. */
  asked = false;
  /** The application has returned its iterable. */
  returned = false;
  /** An application further in is being iterated. */
  innerIterated = false;

  /** The validator around this one; leaves word of this one for those further in. */
  static exchange(environ: Environ, own: Outer): Outer | null {
    const outer = environ[KEY];
    environ[KEY] = own;
    return outer instanceof Outer ? outer : null;
  }
}

/** What an inner application gave to a middleware, and when. */
export class Inner {
  private readonly outer: Outer;
  private step = -1;
  private blocks = 0;

  constructor(outer: Outer) {
    this.outer = outer;
  }

  /** A block was taken. */
  gave(): { readonly blocksInStep: number; readonly returned: boolean } {
    const { outer } = this;
    outer.innerIterated = true;
    const same = outer.asked && this.step === outer.step;
    this.step = outer.step;
    this.blocks = same ? this.blocks + 1 : 1;
    return { blocksInStep: this.blocks, returned: outer.returned };
  }
}
