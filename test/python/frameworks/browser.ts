/** A client that keeps cookies, as browsers do, and shows what came as it came. */
import { type IncomingMessage, request } from 'node:http';

/** A response. Header values are Latin-1, as in WSGI; the body is not decompressed. */
export class Page {
  readonly status: number;
  readonly body: Buffer;
  private readonly fields: NodeJS.Dict<string[]>;

  constructor(message: IncomingMessage, body: Buffer) {
    this.status = message.statusCode as number;
    this.fields = message.headersDistinct;
    this.body = body;
  }

  /** The body as UTF-8. */
  get text(): string {
    return this.body.toString();
  }

  /** The body as JSON. */
  json(): unknown {
    return JSON.parse(this.text);
  }

  /** The values of a header, joined; null when there is none. */
  header(name: string): string | null {
    return this.all(name).join(', ') || null;
  }

  /** Each value of a header. */
  all(name: string): readonly string[] {
    return this.fields[name.toLowerCase()] ?? [];
  }

  /** What a form of the page holds in the field of that name. */
  field(name: string): string {
    const input = this.text.match(/<input[^>]*>/g)?.find((tag) => tag.includes(`name="${name}"`));
    const value = /value="([^"]*)"/.exec(input ?? '')?.[1];
    if (value === undefined) throw new Error(`no field ${name} in:\n${this.text}`);
    return value;
  }
}

/** What differs from a GET without a body. */
export interface Visit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** FormData is sent as multipart/form-data, URLSearchParams as an ordinary form. */
  readonly body?: Uint8Array | FormData | URLSearchParams;
}

export class Browser {
  private readonly origin: URL;
  private readonly cookies = new Map<string, string>();

  constructor(origin: string) {
    this.origin = new URL(origin);
  }

  /** The value of a cookie that the site has set. */
  cookie(name: string): string | undefined {
    return this.cookies.get(name);
  }

  /** Requests a page and reads all of it; rejects when it is cut. */
  async visit(path: string, visit: Visit = {}): Promise<Page> {
    const message = await this.open(path, visit);
    const blocks: Buffer[] = [];
    for await (const block of message) blocks.push(block);
    return new Page(message, Buffer.concat(blocks));
  }

  /** Requests a page and gives it as soon as its head is there. */
  async open(path: string, { method, headers = {}, body }: Visit = {}): Promise<IncomingMessage> {
    const content = body === undefined ? null : await encode(body);
    const sending = request(new URL(path, this.origin), {
      method: method ?? (content === null ? 'GET' : 'POST'),
      headers: { ...this.cookieHeader(), ...content?.headers, ...headers },
    });
    sending.end(content?.bytes);
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      sending.once('response', resolve);
      sending.on('error', reject);
    });
    this.keep(message.headersDistinct['set-cookie'] ?? []);
    return message;
  }

  /** Goes where a page redirects to. */
  follow(page: Page): Promise<Page> {
    const location = page.header('Location');
    if (location === null) throw new Error(`${page.status} redirects nowhere`);
    const { pathname, search } = new URL(location, this.origin);
    return this.visit(pathname + search);
  }

  private cookieHeader(): Record<string, string> {
    if (this.cookies.size === 0) return {};
    return { Cookie: [...this.cookies].map((pair) => pair.join('=')).join('; ') };
  }

  private keep(fields: readonly string[]): void {
    for (const field of fields) {
      const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(field) ?? [];
      if (/;\s*max-age=0/i.test(field)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}

interface Content {
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

async function encode(body: NonNullable<Visit['body']>): Promise<Content> {
  if (body instanceof Uint8Array) return { bytes: body, headers: {} };
  const form = new Response(body);
  const headers = { 'Content-Type': form.headers.get('Content-Type') as string };
  return { bytes: new Uint8Array(await form.arrayBuffer()), headers };
}

/** A form with a file in it. */
export function fileForm(
  fields: Readonly<Record<string, string>>,
  file: { readonly field: string; readonly name: string; readonly content: Uint8Array },
): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append(file.field, new Blob([Buffer.from(file.content)]), file.name);
  return form;
}
