import { randomUUID } from 'node:crypto';

/** A file to upload: a `Blob` or `File`, or its name and content. */
export type FileField =
  | Blob
  | {
      readonly name: string;
      readonly content: Uint8Array | string;
      /** @default 'application/octet-stream' */
      readonly type?: string;
    };

/** The form of a request body; at most one of `body`, `json`, and `form` with `files`. */
export interface BodyOptions {
  /** Sent as it is. An async iterable is sent block by block. */
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array | string>;
  /** Sent as `application/json`. */
  readonly json?: unknown;
  /** Sent URL-encoded, or as part of `multipart/form-data` where there are `files`. */
  readonly form?: Readonly<Record<string, string | readonly string[]>>;
  readonly files?: Readonly<Record<string, FileField | readonly FileField[]>>;
}

/** A request body ready to be sent. */
export interface RequestBody {
  readonly content: Uint8Array | AsyncIterable<Uint8Array | string>;
  /** The Content-Type that belongs to it, or null where only the caller knows. */
  readonly type: string | null;
}

/**
 * Encodes a request's body; null when it has none.
 *
 * @throws {TypeError} when more than one form of body is given.
 */
export async function encodeBody(options: BodyOptions): Promise<RequestBody | null> {
  const { body, json, form, files } = options;
  const forms = [body, json, form ?? files].filter((given) => given !== undefined);
  if (forms.length > 1) {
    throw new TypeError('give one of body, json, and form with files, not several');
  }
  if (json !== undefined) {
    return { content: Buffer.from(JSON.stringify(json)), type: 'application/json' };
  }
  if (files !== undefined) return encodeMultipart(form ?? {}, files);
  if (form !== undefined) {
    return { content: Buffer.from(encodeForm(form)), type: 'application/x-www-form-urlencoded' };
  }
  if (body === undefined) return null;
  return { content: typeof body === 'string' ? Buffer.from(body) : body, type: null };
}

function encodeForm(form: NonNullable<BodyOptions['form']>): string {
  const query = new URLSearchParams();
  for (const [name, value] of fields(form)) query.append(name, value);
  return query.toString();
}

async function encodeMultipart(
  form: NonNullable<BodyOptions['form']>,
  files: NonNullable<BodyOptions['files']>,
): Promise<RequestBody> {
  const boundary = `wizgi-${randomUUID()}`;
  const parts: Uint8Array[] = [];
  const part = (disposition: string, type: string | null, content: Uint8Array) => {
    const typeLine = type === null ? '' : `Content-Type: ${type}\r\n`;
    parts.push(
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n${typeLine}\r\n`,
      ),
      content,
      Buffer.from('\r\n'),
    );
  };
  for (const [name, value] of fields(form)) {
    part(`name="${quote(name)}"`, null, Buffer.from(value));
  }
  for (const [name, file] of fields(files)) {
    const { fileName, type, content } = await readFile(file);
    part(`name="${quote(name)}"; filename="${quote(fileName)}"`, type, content);
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return { content: Buffer.concat(parts), type: `multipart/form-data; boundary=${boundary}` };
}

async function readFile(
  file: FileField,
): Promise<{ fileName: string; type: string; content: Uint8Array }> {
  if (file instanceof Blob) {
    return {
      fileName: 'name' in file && typeof file.name === 'string' ? file.name : 'blob',
      type: file.type || 'application/octet-stream',
      content: new Uint8Array(await file.arrayBuffer()),
    };
  }
  return {
    fileName: file.name,
    type: file.type ?? 'application/octet-stream',
    content: typeof file.content === 'string' ? Buffer.from(file.content) : file.content,
  };
}

function fields<T>(record: Readonly<Record<string, T | readonly T[]>>): [string, T][] {
  return Object.entries(record).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as readonly T[]) : [value as T]).map((one): [string, T] => [
      name,
      one,
    ]),
  );
}

/** As browsers write names into a Content-Disposition. (WHATWG HTML, multipart/form-data) */
function quote(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
