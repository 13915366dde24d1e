/**
 * The form of the kit's cases: data that JSON can hold, for runners in any language.
 *
 * In all strings of a case `{key}` stands for a word that no other request uses, `{host}` for the value
 * of Host, and `{prefix}` for the path at which the kit's application is served. Text stands for octets,
 * as Latin-1. docs/conformance.md tells what every part means.
 */

/** How binding an obligation is: a failed `should` is told, a failed `may` is a fact. */
export type Level = 'must' | 'should' | 'may';

/** What a server has to be like for a case to say something about it. */
export type Need =
  /** It answers HTTP/1.1 with HTTP/1.1. */
  | 'http/1.1'
  /** `wsgi.multithread`: a request can wait for another one. */
  | 'threads'
  /** One process with one memory answers all requests. */
  | 'one process'
  /** `wsgi.file_wrapper` is in the environ. */
  | 'file_wrapper'
  /** `wsgi.multithread` is false. */
  | 'no threads'
  /** Several processes answer. */
  | 'several processes';

export interface KitCase {
  /** Subject and obligation: `input.read.size`. */
  readonly id: string;
  /** What a server does that passes. */
  readonly title: string;
  /** Where that is said: `PEP 3333, Input and Error Streams`. */
  readonly section: string;
  readonly level: Level;
  /** `http` marks what the one decides who speaks HTTP with the client, be it a server in front. */
  readonly tags?: readonly string[];
  readonly needs?: readonly Need[];
  /** Cases that have to pass before this one says something. */
  readonly after?: readonly string[];
  /** Waits while others have requests under way, so no other case may run then. */
  readonly alone?: boolean;
  readonly steps: readonly Step[];
}

/** One after the other; each on the connection named by `on`, which its first use opens. */
export type Step =
  /** Sends a request, or octets. */
  | { readonly send: Message | string; readonly on?: string }
  /** The next answer, whole, or the rest of the one whose head came before. `to` is the method of its request, where octets were sent. */
  | {
      readonly answer: AnswerMatch;
      readonly to?: string;
      /** The end of the connection will do instead. */
      readonly orEnd?: boolean;
      readonly on?: string;
    }
  /** The head of the next answer; its content follows in further steps. */
  | { readonly head: AnswerMatch; readonly on?: string }
  /** The content until it is this text, of the answer whose head came before. */
  | { readonly content: string; readonly on?: string }
  /** The interim answer of that status. */
  | { readonly interim: number; readonly on?: string }
  /** No answer, or one answer of that status and nothing else; then the end of the connection. */
  | { readonly refused: StatusMatch; readonly on?: string }
  /** The end of the connection, without anything before it. */
  | { readonly ended: true; readonly on?: string }
  /** The client sends no more, but reads on. */
  | { readonly finish: true; readonly on?: string }
  /** The client resets the connection. */
  | { readonly leave: true; readonly on?: string }
  /** Asks on connections of its own, again and again, until the answer is this. */
  | { readonly eventually: Message; readonly answer: AnswerMatch };

export interface Message {
  /** @default 'GET' */
  readonly method?: string;
  /** Below the path of the application, in origin form. */
  readonly target: string;
  /** Beside Host, and what tells of content. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Sent with its Content-Length. */
  readonly content?: string;
  /** Content of so many bytes: `0123456789` again and again. */
  readonly size?: number;
  /** Sent as chunks, with `Transfer-Encoding: chunked`. */
  readonly chunks?: readonly string[];
  /** @default 'HTTP/1.1' */
  readonly protocol?: string;
}

/** A status, one of several, or all of some classes, as in `'4xx'` and `'4xx 5xx'`. */
export type StatusMatch = number | readonly number[] | string;

/** How the end of content is told. */
export type Framing = 'none' | 'length' | 'chunked' | 'close';

/** All that is given has to hold. */
export interface AnswerMatch {
  readonly status?: StatusMatch;
  readonly reason?: string;
  readonly headers?: Readonly<Record<string, HeaderMatch>>;
  readonly content?: ContentMatch;
  /** The content is JSON, in which these pointers (RFC 6901) have such values. */
  readonly json?: Readonly<Record<string, ValueMatch>>;
  /** Whether the content ended as its framing says. @default true */
  readonly complete?: boolean;
  readonly framing?: readonly Framing[];
  /** Statuses of the interim answers before it. */
  readonly interim?: readonly number[];
  /** One of these holds. */
  readonly either?: readonly AnswerMatch[];
}

/** The value of one line, the values of several in order, or null for none. */
export type HeaderMatch = string | null | readonly string[] | HeaderTest;

export interface HeaderTest {
  /** One line, whose value this regular expression matches. */
  readonly matches?: string;
  /** One line, with the name spelt like this. */
  readonly spelt?: string;
}

/** The octets, or what holds for them. */
export type ContentMatch = string | ContentTest;

export interface ContentTest {
  readonly matches?: string;
  readonly lacks?: string;
  readonly length?: number;
  /** Content that was cut is the beginning of this. */
  readonly beginningOf?: string;
}

/** A value, or what holds for it. */
export type ValueMatch = string | number | boolean | null | readonly ValueMatch[] | ValueTest;

export interface ValueTest {
  /** A text that this regular expression matches. */
  readonly matches?: string;
  readonly type?: 'string' | 'boolean';
  readonly oneOf?: readonly ValueMatch[];
  readonly absent?: true;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** A list with all of these. */
  readonly includes?: readonly string[];
  /** An object; what is named like this regular expression has such values. */
  readonly named?: string;
  readonly are?: ValueMatch;
}
