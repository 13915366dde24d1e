/** The pairs of a query string, in order; `%41` is decoded to an octet, `+` is a plus sign. */
export class Query {
  readonly pairs: readonly (readonly [name: string, value: string])[];

  constructor(text: string) {
    this.pairs = text
      .split('&')
      .filter((part) => part !== '')
      .map((part) => {
        const [name = '', ...value] = part.split('=');
        return [unquote(name), unquote(value.join('='))];
      });
  }

  /** The first value of that name. */
  get(name: string): string | null {
    return this.pairs.find(([given]) => given === name)?.[1] ?? null;
  }

  all(name: string): string[] {
    return this.pairs.filter(([given]) => given === name).map(([, value]) => value);
  }

  /** The first value of that name as a number. */
  number(name: string, otherwise: number): number {
    return Number(this.get(name) ?? otherwise);
  }
}

function unquote(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}
