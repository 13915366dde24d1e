/**
 * The requests of a connection that are under way, by their ids.
 *
 * Few at a time, that come and go with each request: a Map would be laid out anew all the time.
 */
export class ById<Request extends { readonly id: number }> {
  readonly all: Request[] = [];

  get(id: number): Request | undefined {
    const { all } = this;
    for (let index = 0; index < all.length; index++) {
      if (all[index]?.id === id) return all[index];
    }
    return undefined;
  }

  add(request: Request): void {
    this.all.push(request);
  }

  /** False when there is none of this id. */
  delete(id: number): boolean {
    const { all } = this;
    for (let index = 0; index < all.length; index++) {
      if (all[index]?.id !== id) continue;
      const last = all.pop() as Request;
      if (index < all.length) all[index] = last;
      return true;
    }
    return false;
  }
}
