/** A request's URL in the parts of which an environ is made. */
export interface UrlParts {
  /** Code units up to the path. */
  readonly length: number;
  readonly scheme: string;
  /** Host and port, as in the URL. */
  readonly authority: string;
  readonly name: string;
  readonly port: string;
}

/** Where one URL ends and the next begins, as servers have one origin for nearly all requests. */
interface Origin extends UrlParts {
  readonly prefix: string;
}

let last: Origin = originOf('http://localhost/');

/** Scheme and authority of a serialized URL of `http` or `https`. */
export function originParts(url: string): UrlParts {
  if (!url.startsWith(last.prefix)) last = originOf(url);
  return last;
}

/** What follows the authority: path and query, without the fragment. */
export function targetOf(url: string): string {
  const start = originParts(url).length;
  const hash = url.indexOf('#', start);
  return hash === -1 ? url.slice(start) : url.slice(start, hash);
}

function originOf(url: string): Origin {
  const colon = url.indexOf(':');
  const start = pathStart(url);
  const scheme = url.slice(0, colon);
  const authority = url.slice(colon + 3, start);
  const mark = authority.lastIndexOf(':');
  const hasPort = mark > authority.lastIndexOf(']');
  return {
    prefix: url.slice(0, start + 1),
    length: start,
    scheme,
    authority,
    name: hasPort ? authority.slice(0, mark) : authority,
    port: hasPort ? authority.slice(mark + 1) : scheme === 'https' ? '443' : '80',
  };
}

// A serialized URL has the form scheme://authority/path; anything else is refused by Request.
function pathStart(url: string): number {
  return url.indexOf('/', url.indexOf(':') + 3);
}
