/** Answers in the forms that the platform takes. */
import { isUtf8 } from 'node:buffer';
import type { ResponseHead } from '../../wsgi/response-head.ts';
import type { HeaderList } from '../../wsgi/types.ts';
import { type MediaTypes, mediaTypeOf } from './media-types.ts';
import type { AnswerForm } from './request.ts';
import type { LambdaResult } from './types.ts';

/** The answer of a handler that gives it whole; `content` is null where none may be sent. */
export function resultOf(
  head: ResponseHead,
  content: Uint8Array | null,
  form: AnswerForm,
  isText: MediaTypes,
): LambdaResult {
  // Of content that is there the platform says the length itself.
  const length = content === null && head.contentLength !== 0 ? head.contentLength : null;
  return { ...metadataOf(head, length, form), ...encodeContent(head, content, isText) };
}

type Content = Pick<LambdaResult, 'body' | 'isBase64Encoded'>;

function encodeContent(
  { headers }: ResponseHead,
  content: Uint8Array | null,
  isText: MediaTypes,
): Content {
  if (content === null || content.byteLength === 0) return { body: '', isBase64Encoded: false };
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return isTextual(headers, isText) && isUtf8(buffer)
    ? { body: buffer.toString(), isBase64Encoded: false }
    : { body: buffer.toString('base64'), isBase64Encoded: true };
}

/** Content of no type counts as text: gateways that were not told of binary types pass on Base64 as it is. */
function isTextual(headers: HeaderList, isText: MediaTypes): boolean {
  let textual = true;
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (lower === 'content-type') textual = isText(mediaTypeOf(value));
    else if (lower === 'content-encoding' && value.toLowerCase() !== 'identity') return false;
  }
  return textual;
}

/** Status and headers, as they stand in an answer and ahead of a streamed one. */
export function metadataOf(
  head: ResponseHead,
  contentLength: number | null,
  form: AnswerForm,
): Omit<LambdaResult, keyof Content> {
  const headers = [...head.headers];
  if (contentLength !== null) headers.push(['Content-Length', String(contentLength)]);
  const statusCode = head.code;
  switch (form) {
    case 'gateway':
      return { statusCode, multiValueHeaders: multiValues(headers) };
    case 'payload-2':
      return { statusCode, ...withCookies(headers) };
    case 'balancer':
    case 'lattice':
      return { statusCode, statusDescription: head.status, headers: singleValues(headers) };
    case 'balancer-multi':
      return {
        statusCode,
        statusDescription: head.status,
        multiValueHeaders: multiValues(headers),
      };
  }
}

function multiValues(headers: HeaderList): Record<string, string[]> {
  const values = new Map<string, [name: string, values: string[]]>();
  for (const [name, value] of headers) {
    const known = values.get(name.toLowerCase());
    if (known === undefined) values.set(name.toLowerCase(), [name, [value]]);
    else known[1].push(value);
  }
  return Object.fromEntries(values.values());
}

function withCookies(headers: HeaderList): Pick<LambdaResult, 'headers' | 'cookies'> {
  const cookies = headers.filter(isCookie).map(([, value]) => value);
  const joined = joinedValues(headers.filter((header) => !isCookie(header)));
  return cookies.length === 0 ? { headers: joined } : { headers: joined, cookies };
}

/**
 * Where a header can have one value only, several are joined; those of Set-Cookie cannot be (RFC 9110
 * §5.3), so each has a spelling of the name to itself.
 */
function singleValues(headers: HeaderList): Record<string, string> {
  const cookies = headers.filter(isCookie);
  const spelled = cookies.map(([, value], index): [string, string] => [spelling(index), value]);
  return {
    ...joinedValues(headers.filter((header) => !isCookie(header))),
    ...Object.fromEntries(spelled),
  };
}

function joinedValues(headers: HeaderList): Record<string, string> {
  const joined = Object.entries(multiValues(headers)).map(([name, values]) => [
    name,
    values.join(', '),
  ]);
  return Object.fromEntries(joined);
}

function isCookie([name]: HeaderList[number]): boolean {
  return name.toLowerCase() === 'set-cookie';
}

/** `set-cookie` in the spelling of that number, whose bits tell which letters are upper-case. */
function spelling(number: number): string {
  let bits = number;
  return 'set-cookie'.replace(/[a-z]/g, (letter) => {
    const spelled = bits & 1 ? letter.toUpperCase() : letter;
    bits >>= 1;
    return spelled;
  });
}
