/**
 * Where Node's HTTP parser and ours read an input differently, and why ours is meant to.
 *
 * A difference that no class explains fails the test. Where we refuse, `applies` looks for the reason
 * in what Node made of the input, so that a class cannot hide a request refused without one.
 */
import { METHODS } from 'node:http';
import type { Difference } from './compare.ts';
import type { Request } from './reading.ts';

export interface DifferenceClass {
  readonly id: string;
  readonly node: string;
  readonly we: string;
  readonly why: string;
  applies(difference: Difference): boolean;
}

export const CLASSES: readonly DifferenceClass[] = [
  {
    id: 'several-host',
    node: 'keeps the first Host',
    we: 'refuse more than one',
    why: 'RFC 9112 §3.2: a server MUST answer 400',
    applies: ({ code, nodes }) => code === 'several-host' && values(nodes, 'host').length > 1,
  },
  {
    id: 'host-missing',
    node: 'answers 400 for itself, and reads the next request',
    we: 'refuse it, and read nothing more',
    why: 'RFC 9112 §3.2: 400; what follows a refusal cannot be trusted',
    applies: ({ code, nodeCode, input }) =>
      (code === 'missing-host' || nodeCode === 'NO_HOST') &&
      /HTTP\/1\.[1-9]\r\n((?!host:).+\r\n)*\r\n/i.test(input),
  },
  {
    id: 'bad-host',
    node: 'takes any value of Host',
    we: 'refuse what is not host and port',
    why: 'RFC 9112 §3.2: a server MUST answer 400',
    applies: ({ code, nodes }) => code === 'bad-host' && !plainHost(values(nodes, 'host')[0]),
  },
  {
    id: 'target-form',
    node: 'hands over any target',
    we: 'refuse forms that do not go with the method, and schemes other than http',
    why: 'RFC 9112 §3.2 lists four forms; RFC 9110 §7.1 ties two of them to a method',
    applies: ({ code, nodes }) =>
      code === 'bad-target-form' && nodes !== null && !/^(\/|https?:\/\/.)/i.test(nodes.target),
  },
  {
    id: 'target-authority',
    node: 'does not look at the authority of an absolute form',
    we: 'refuse an empty or malformed one, and user information',
    why: 'RFC 9110 §4.2.1 and §4.2.4',
    applies: ({ code, nodes }) =>
      code === 'bad-target-authority' &&
      !/^https?:\/\/[\w.-]+(:\d{0,4})?([/?]|$)/i.test(nodes?.target ?? ''),
  },
  {
    id: 'scheme-mismatch',
    node: 'takes https targets on a clear connection',
    we: 'refuse them with 421',
    why: 'RFC 9110 §7.4: a request for https on a connection that is not secured is misdirected',
    applies: ({ code, nodes }) =>
      code === 'scheme-mismatch' && /^https:/i.test(nodes?.target ?? ''),
  },
  {
    id: 'target-characters',
    node: 'takes fragments, and bytes above 7F in some places',
    we: 'refuse both',
    why: 'RFC 9112 §3.2: no form has a fragment, and URIs are ASCII',
    applies: ({ code, nodes }) =>
      code === 'bad-target' && /[#\x80-\xff]|[^\x20-\x7e]/.test(nodes?.target ?? ''),
  },
  {
    id: 'request-line-spaces',
    node: 'skips further spaces around the target',
    we: 'take one space',
    why: 'RFC 9112 §3: the parts are separated by one SP; lenience invites smuggling',
    applies: ({ code, input }) =>
      code === 'request-line-whitespace' && /^\S+ {2,}|\S {2,}(HTTP|RTSP|ICE)|^ +\S/m.test(input),
  },
  {
    id: 'version-left-out',
    node: 'serves requests without a version as HTTP/0.9, with fields behind them',
    we: 'refuse them',
    why: 'RFC 9112 §3: the version is part of the request line',
    applies: ({ code, nodes }) => code === 'missing-version' && nodes?.minor === 9,
  },
  {
    id: 'version-other-major',
    node: 'serves HTTP/0.9 and HTTP/2.0 like HTTP/1.1',
    we: 'answer 505',
    why: 'RFC 9110 §15.6.6: the message format of another major version is another',
    applies: ({ code, input }) => code === 'unsupported-version' && /HTTP\/(0\.9|2\.0)/.test(input),
  },
  {
    id: 'version-other-protocol',
    node: 'serves ICE and RTSP like HTTP',
    we: 'refuse them',
    why: 'RFC 9112 §2.3: the name of the version is HTTP',
    applies: ({ code, input }) => code === 'bad-version' && / (ICE|RTSP)\/\d\.\d/.test(input),
  },
  {
    id: 'version-higher-minor',
    node: 'refuses HTTP/1.2 to HTTP/1.9',
    we: 'read them as HTTP/1.1',
    why: 'RFC 9110 §2.5: minor versions understand one another',
    applies: ({ input, nodeCode }) =>
      nodeCode === 'HPE_INVALID_VERSION' && /HTTP\/1\.[2-9]/.test(input),
  },
  {
    id: 'stray-line-ends',
    node: 'skips any CR and LF before a request line',
    we: 'skip empty lines that end with CRLF',
    why: 'RFC 9112 §2.2: a bare CR is invalid, and LF alone may be refused',
    applies: ({ code, input }) =>
      code === 'bare-cr-or-lf' &&
      // Bare in the input, or bare because content ended between the two.
      (/\r(?!\n)|(?<!\r)\n/.test(input) || /^content-length:/im.test(input)),
  },
  {
    id: 'lone-cr-at-end',
    node: 'takes a CR at the end of the input for nothing',
    we: 'say that the head is incomplete',
    why: 'RFC 9112 §2.2: a CR that no LF follows ends no line',
    applies: ({ code, nodeCode, input }) =>
      code === 'incomplete-head' && nodeCode === null && input.endsWith('\r'),
  },
  {
    id: 'many-empty-lines',
    node: 'skips any number of empty lines',
    we: 'skip eight',
    why: 'RFC 9112 §2.2 asks for one at least',
    applies: ({ code, input }) => code === 'too-many-empty-lines' && /(\r\n){9}/.test(input),
  },
  {
    id: 'method-unknown',
    node: 'refuses methods that are not in its list',
    we: 'pass any token to the application',
    why: 'RFC 9110 §9.1: the set of methods is open',
    applies: ({ kind, ours, nodeCode }) =>
      kind === 'ours-only' &&
      nodeCode === 'HPE_INVALID_METHOD' &&
      (!METHODS.includes(ours?.method ?? '') || ours?.method === 'SOURCE'),
  },
  {
    id: 'coding-not-chunked',
    node: 'hands over requests with other codings, and refuses late or never',
    we: 'refuse every Transfer-Encoding but chunked when the head is complete',
    why: 'RFC 9112 §6.1 and §6.3: 501 for codings not understood, 400 without an end',
    applies: ({ code, nodes }) =>
      /^te-(not-chunked-last|unknown-coding|empty-coding|chunked-twice|chunked-with-parameter)$/.test(
        code ?? '',
      ) && values(nodes, 'transfer-encoding').join().toLowerCase() !== 'chunked',
  },
  {
    id: 'coding-and-length',
    node: 'overlooks an empty Transfer-Encoding beside a Content-Length',
    we: 'refuse both together',
    why: 'RFC 9112 §6.1: such a message may be an attempt at smuggling',
    applies: ({ code, nodes }) =>
      code === 'te-and-cl' &&
      values(nodes, 'transfer-encoding').length > 0 &&
      values(nodes, 'content-length').length > 0,
  },
  {
    id: 'coding-in-http10',
    node: 'reads chunks in HTTP/1.0',
    we: 'refuse them',
    why: 'RFC 9112 §6.1: the framing of such a message is faulty',
    applies: ({ code, nodes }) =>
      code === 'te-in-http10' &&
      nodes?.minor === 0 &&
      values(nodes, 'transfer-encoding').length > 0,
  },
  {
    id: 'length-padded',
    node: 'takes any number of zeros before a length',
    we: 'take 20 digits',
    why: 'RFC 9110 §8.6: a recipient has to guard against long numbers',
    applies: ({ code, nodes }) =>
      code === 'bad-content-length' && /^\d{21,}$/.test(values(nodes, 'content-length')[0] ?? ''),
  },
  {
    id: 'length-before-tab',
    node: 'refuses a tab after a length',
    we: 'trim it',
    why: 'RFC 9112 §5.1: white space after a value, tabs too, does not belong to it',
    applies: ({ nodeCode, ours }) =>
      nodeCode === 'HPE_INVALID_CONTENT_LENGTH' && values(ours, 'content-length').length === 1,
  },
  {
    id: 'close-in-trailers',
    node: 'closes for a Connection field among the trailers',
    we: 'drop trailers',
    why: 'RFC 9110 §6.5.1: trailers are not to be merged into the head',
    applies: ({ nodeCode, input }) =>
      nodeCode === null && /^0+(;.*)?\r\n(.+\r\n)*connection:.*close/im.test(input),
  },
  {
    id: 'content-too-large',
    node: 'has no limit for content',
    we: 'refuse lengths above the limit',
    why: 'RFC 9110 §15.5.14; limits are on by default',
    applies: ({ code, input }) =>
      code === 'body-too-large' &&
      (/content-length:[ \t]*\d{10,}/i.test(input) || /^0*[\da-f]{8,}[\r; \t]/im.test(input)),
  },
  {
    id: 'too-many-fields',
    node: 'takes 2000 fields, and any number of trailers',
    we: 'take 100, trailers counted',
    why: 'RFC 9110 §5.4; the limit of Apache',
    applies: ({ code, input }) => code === 'too-many-fields' && input.split('\r\n').length > 100,
  },
  {
    id: 'single-field-repeated',
    node: 'keeps the first Content-Type or Authorization',
    we: 'refuse more than one',
    why: 'RFC 9110 §5.3: fields that are no lists may stand once',
    applies: ({ code, nodes }) =>
      code === 'repeated-field' &&
      (values(nodes, 'content-type').length > 1 || values(nodes, 'authorization').length > 1),
  },
  {
    id: 'expectation-unknown',
    node: 'leaves other expectations to the application, and finds 100-continue inside them',
    we: 'answer 417',
    why: 'RFC 9110 §10.1.1',
    applies: ({ code, nodes }) =>
      code === 'bad-expectation' &&
      values(nodes, 'expect').some((value) => value.toLowerCase() !== '100-continue'),
  },
  {
    id: 'close-before-tab',
    node: 'does not see close before a tab at the end of the line, and keeps the connection',
    we: 'close',
    why: 'RFC 9110 §5.6.3: a tab is white space as a space is',
    applies: ({ code, input }) => code === null && /^connection:.*close[ ]*\t/im.test(input),
  },
  {
    id: 'upgrade-stops-reading',
    node: 'reads nothing behind a request for an upgrade that nobody handles',
    we: 'read on by normal framing',
    why: 'RFC 9110 §7.8: a server may ignore Upgrade, and then the connection stays HTTP/1.1',
    applies: ({ kind, input, nodeCode }) =>
      /^(ours-only|end)$/.test(kind) && nodeCode === null && /^upgrade:/im.test(input),
  },
  {
    id: 'chunk-extension-blanks',
    node: 'refuses blanks before and after the ; and = of an extension',
    we: 'skip them',
    why: 'RFC 9112 §7.1.1: recipients MUST parse this bad white space',
    applies: ({ input, nodeCode, ours, nodes }) =>
      /^HPE_(INVALID_CHUNK_SIZE|STRICT)$/.test(nodeCode ?? '') &&
      (ours?.body ?? null) !== null &&
      nodes?.body === null &&
      /^[\da-f]+[ \t]*;.*[ \t]|^[\da-f]+[ \t]+;/im.test(input),
  },
  {
    id: 'chunk-extension-grammar',
    node: 'takes extensions without a name or a value',
    we: 'refuse them',
    why: 'RFC 9112 §7.1.1: `;` is followed by a name, `=` by a value',
    applies: ({ code, input }) => code === 'bad-chunk-ext' && /^[\da-f]+[ \t]*;/im.test(input),
  },
  {
    id: 'chunk-size-padded',
    node: 'takes any number of zeros before a size',
    we: 'take 32 digits',
    why: 'RFC 9112 §7.1: a recipient has to guard against long sizes',
    applies: ({ code, input }) => code === 'chunk-size-overflow' && /^[\da-f]{33}/im.test(input),
  },
  {
    id: 'framing-in-trailers',
    node: 'hands over Host and framing fields among the trailers',
    we: 'refuse them',
    why: 'RFC 9110 §6.5.1: such fields are not to be sent there',
    applies: ({ code, nodes, input }) =>
      code === 'framing-field-in-trailers' &&
      values(nodes, 'transfer-encoding').length > 0 &&
      /^0+(;.*)?\r\n(.+\r\n)*(host|content-length|transfer-encoding):/im.test(input),
  },
];

/** The class that explains a difference, or null. */
export function explain(difference: Difference): DifferenceClass | null {
  return CLASSES.find((each) => each.applies(difference)) ?? null;
}

function values(request: Request | null, name: string): string[] {
  const fields = request?.fields ?? [];
  return fields.filter((field) => field[0].toLowerCase() === name).map((field) => field[1]);
}

function plainHost(value: string | undefined): boolean {
  return /^[\w.-]*(:\d{0,4})?$/.test(value ?? '');
}
