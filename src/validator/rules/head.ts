import { isHopByHop } from '../../wsgi/response-head.ts';
import type { RuleFor, Subject } from '../rule.ts';
import { show } from '../show.ts';

const START = 'PEP 3333, The start_response() Callable';
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** One entry of a well-formed header list. */
export interface Header {
  readonly name: string;
  readonly value: string;
}

/** A well-formed status and header list. */
export interface Head {
  readonly code: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export const statusRules: readonly RuleFor<unknown>[] = [
  {
    id: 'status-string',
    side: 'application',
    severity: 'error',
    text: 'The status is a string.',
    reference: START,
    remedy: "Pass the whole of it, as in '200 OK'.",
    check: (status) => (typeof status === 'string' ? null : `the status is ${show(status)}`),
  },
  {
    id: 'status-form',
    side: 'application',
    severity: 'error',
    text: 'The status is three digits, one space and a reason, with no space at either end.',
    reference: `${START}; RFC 9112 §4`,
    remedy: "Write it as in '404 Not Found'.",
    check: (status) =>
      typeof status !== 'string' || /^\d{3} (?:\S(?:.*\S)?)?$/su.test(status)
        ? null
        : `the status is ${show(status)}`,
  },
  {
    id: 'status-code',
    side: 'application',
    severity: 'error',
    text: 'The status code is from 200 to 999: an informational response is no final one.',
    reference: 'RFC 9110 §15',
    remedy: 'Answer with a final status.',
    check: (status) =>
      typeof status === 'string' && /^[01]\d\d /.test(status)
        ? `the status is ${show(status)}`
        : null,
  },
  {
    id: 'status-characters',
    side: 'application',
    severity: 'error',
    text: 'The status has no control character, and none above U+00FF.',
    reference: `${START}; PEP 3333, Unicode Issues`,
    remedy: 'Leave them out: the reason is not for people to read.',
    check: (status) =>
      typeof status === 'string' && /[^\x20-\x7e\x80-\xff]/.test(status)
        ? `the status is ${show(status)}`
        : null,
  },
];

export const headerListRules: readonly RuleFor<unknown>[] = [
  {
    id: 'headers-list',
    side: 'application',
    severity: 'error',
    text: 'Headers are an array of [name, value] pairs of strings; in Python, a list of tuples.',
    reference: START,
    remedy: "Pass [['Content-Type', 'text/plain']]; an object or a Map has entries to make one of.",
    check: (headers) => {
      if (!Array.isArray(headers)) return `headers are ${show(headers)}`;
      const wrong = headers.findIndex((pair: unknown) => !isPair(pair));
      return wrong === -1 ? null : `header ${wrong} is ${describePair(headers[wrong])}`;
    },
  },
];

export const headerRules: readonly RuleFor<Header>[] = [
  {
    id: 'header-name',
    side: 'application',
    severity: 'error',
    text: 'A header name is an HTTP token: letters, digits and a few marks, no space and no colon.',
    reference: `${START}; RFC 9110 §5.1, §5.6.2`,
    remedy: 'Give the name alone.',
    check: ({ name }) => (TOKEN.test(name) ? null : `there is a header ${show(name)}`),
  },
  {
    id: 'header-name-usual',
    side: 'application',
    severity: 'warning',
    text: 'A header name begins with a letter, has letters, digits, hyphens and underscores, and ends in a letter or digit.',
    reference: `${START}; RFC 9110 §16.3.2.1`,
    remedy: 'Rename it: HTTP allows it, but not all servers do.',
    check: ({ name }) =>
      !TOKEN.test(name) || /^[a-zA-Z](?:[a-zA-Z0-9_-]*[a-zA-Z0-9])?$/.test(name)
        ? null
        : `there is a header ${show(name)}`,
  },
  {
    id: 'header-value',
    side: 'application',
    severity: 'error',
    text: 'A header value has no control character: no line end, and no tab.',
    reference: START,
    remedy:
      'Check what comes from outside before it goes into a header: a line end begins another one.',
    check: ({ name, value }) =>
      /[\x00-\x1f\x7f]/.test(value) ? `${show(name)} has the value ${show(value)}` : null,
  },
  {
    id: 'header-native',
    side: 'application',
    severity: 'error',
    text: 'A header value stands for bytes: it has no character above U+00FF.',
    reference: 'PEP 3333, Unicode Issues',
    remedy:
      'Encode it: percent-encoding in Location, RFC 8187 in parameters, else UTF-8 shown as Latin-1.',
    check: ({ name, value }) =>
      /[^\0-\xff]/.test(value) ? `${show(name)} has the value ${show(value)}` : null,
  },
  {
    id: 'header-status',
    side: 'application',
    severity: 'error',
    text: 'No header is called Status: to a CGI server it would be the status.',
    reference: 'RFC 3875 §6.3.3',
    remedy: 'Pass the status as the first argument.',
    check: ({ name }) =>
      name.toLowerCase() === 'status' ? `there is a header ${show(name)}` : null,
  },
  {
    id: 'header-hop-by-hop',
    side: 'application',
    severity: 'error',
    text: "No header concerns the connection: that is the server's business.",
    reference: 'PEP 3333, Other HTTP Features; RFC 9110 §7.6.1',
    remedy: 'Leave it out; the server decides on persistence and on transfer codings.',
    check: ({ name }) => (isHopByHop(name) ? `there is a header ${show(name)}` : null),
  },
  {
    id: 'header-etag',
    side: 'application',
    severity: 'warning',
    text: 'An ETag is quoted, with W/ before the quotes where it is weak.',
    reference: 'RFC 9110 §8.8.3',
    remedy: 'Write "tag", or W/"tag".',
    check: ({ name, value }) =>
      name.toLowerCase() !== 'etag' || /^(?:W\/)?"[^"\x00-\x20]*"$/.test(value)
        ? null
        : `the ETag is ${show(value)}`,
  },
];

export const headRules: readonly RuleFor<Head>[] = [
  {
    id: 'content-length-form',
    side: 'application',
    severity: 'error',
    text: 'A Content-Length is a number of bytes in digits; two of them agree.',
    reference: 'PEP 3333, Handling the Content-Length Header; RFC 9110 §8.6',
    remedy: 'Count the bytes, not the characters, or leave it out.',
    check: ({ headers }) => {
      const lengths = valuesOf(headers, 'content-length').map((value) => value.trim());
      const wrong = lengths.find((length) => !/^\d{1,16}$/.test(length));
      if (wrong !== undefined) return `the Content-Length is ${show(wrong)}`;
      const other = lengths.find((length) => Number(length) !== Number(lengths[0]));
      return other === undefined ? null : `there are Content-Lengths ${lengths[0]} and ${other}`;
    },
  },
  {
    id: 'no-content-headers',
    side: 'application',
    severity: 'warning',
    text: 'A response 204 has neither Content-Length nor Content-Type.',
    reference: 'RFC 9110 §8.6, §15.3.5',
    remedy: 'Leave them out.',
    check: ({ code, headers }) =>
      code === 204 ? present(headers, ['Content-Length', 'Content-Type']) : null,
  },
  {
    id: 'not-modified-headers',
    side: 'application',
    severity: 'warning',
    text: 'A response 304 repeats none of the headers that describe content the client has.',
    reference: 'RFC 9110 §15.4.5',
    remedy: 'Keep Cache-Control, Content-Location, Date, ETag, Expires and Vary.',
    check: ({ code, headers }) =>
      code === 304
        ? present(headers, [
            ...['Content-Type', 'Content-Encoding', 'Content-Language', 'Content-Range'],
          ])
        : null,
  },
];

/** The values of a header, whose name is given in lower case. */
export function valuesOf(headers: Head['headers'], name: string): string[] {
  return headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}

/** Whether a value is a [name, value] pair of strings. */
export function isPair(pair: unknown): pair is [string, string] {
  return (
    Array.isArray(pair) &&
    pair.length === 2 &&
    typeof pair[0] === 'string' &&
    typeof pair[1] === 'string'
  );
}

function describePair(pair: unknown): string {
  return Array.isArray(pair) ? `[${pair.slice(0, 3).map(show).join(', ')}]` : show(pair);
}

function present(headers: Head['headers'], names: readonly string[]): string | null {
  const found = names.filter((name) => valuesOf(headers, name.toLowerCase()).length > 0);
  return found.length === 0 ? null : `there is ${found.join(' and ')}`;
}

export const statusSubject: Subject = {
  title: 'The status',
  introduction: 'The first argument of startResponse.',
  rules: statusRules,
};

export const headersSubject: Subject = {
  title: 'Response headers',
  introduction: 'The second argument of startResponse.',
  rules: [...headerListRules, ...headerRules, ...headRules],
};
