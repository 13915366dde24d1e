import type { Variables } from '../protocols/cgi/variables.ts';
import { addHeader } from '../wsgi/environ.ts';
import type { Environ } from '../wsgi/types.ts';

/** Puts a variable into environ. */
type Put = (environ: Environ, value: string, name: string) => void;

const putVariable: Put = (environ, value, name) => {
  environ[name] = value;
};

const putHeader: Put = (environ, value, name) => addHeader(environ, name, value);

/** Absent and empty mean the same. (RFC 3875 §4.1) */
const putContent: Put = (environ, value, name) => {
  if (value !== '') environ[name] = value;
};

const drop: Put = () => undefined;

/**
 * Variables that nearly all front ends send, each with a store of its own: V8 knows by the place in the
 * program where such an entry is, and has to look for one whose name it learns as it goes.
 */
const OF_THEIR_OWN = new Map<string, Put>(
  Object.entries<Put>({
    REQUEST_METHOD: (environ, value) => {
      environ.REQUEST_METHOD = value;
    },
    SCRIPT_NAME: (environ, value) => {
      environ.SCRIPT_NAME = value;
    },
    PATH_INFO: (environ, value) => {
      environ.PATH_INFO = value;
    },
    QUERY_STRING: (environ, value) => {
      environ.QUERY_STRING = value;
    },
    REQUEST_URI: (environ, value) => {
      environ['REQUEST_URI'] = value;
    },
    REQUEST_SCHEME: (environ, value) => {
      environ['REQUEST_SCHEME'] = value;
    },
    DOCUMENT_URI: (environ, value) => {
      environ['DOCUMENT_URI'] = value;
    },
    DOCUMENT_ROOT: (environ, value) => {
      environ['DOCUMENT_ROOT'] = value;
    },
    GATEWAY_INTERFACE: (environ, value) => {
      environ['GATEWAY_INTERFACE'] = value;
    },
    SERVER_SOFTWARE: (environ, value) => {
      environ['SERVER_SOFTWARE'] = value;
    },
    SERVER_PROTOCOL: (environ, value) => {
      environ.SERVER_PROTOCOL = value;
    },
    SERVER_NAME: (environ, value) => {
      environ.SERVER_NAME = value;
    },
    SERVER_ADDR: (environ, value) => {
      environ['SERVER_ADDR'] = value;
    },
    SERVER_PORT: (environ, value) => {
      environ.SERVER_PORT = value;
    },
    REMOTE_ADDR: (environ, value) => {
      environ['REMOTE_ADDR'] = value;
    },
    REMOTE_PORT: (environ, value) => {
      environ['REMOTE_PORT'] = value;
    },
    CONTENT_TYPE: (environ, value) => {
      if (value !== '') environ.CONTENT_TYPE = value;
    },
    CONTENT_LENGTH: (environ, value) => {
      if (value !== '') environ.CONTENT_LENGTH = value;
    },
    HTTP_HOST: (environ, value, name) => {
      if (environ.HTTP_HOST === undefined) environ.HTTP_HOST = value;
      else addHeader(environ, name, value);
    },
    HTTP_USER_AGENT: (environ, value, name) => {
      if (environ.HTTP_USER_AGENT === undefined) environ.HTTP_USER_AGENT = value;
      else addHeader(environ, name, value);
    },
    HTTP_ACCEPT: (environ, value, name) => {
      if (environ.HTTP_ACCEPT === undefined) environ.HTTP_ACCEPT = value;
      else addHeader(environ, name, value);
    },
    // HTTP_PROXY is taken for a setting by programs (httpoxy); the others stand beside variables of
    // their own, or are no longer true of the content.
    HTTP_PROXY: drop,
    HTTP_CONTENT_LENGTH: drop,
    HTTP_CONTENT_TYPE: drop,
    HTTP_TRANSFER_ENCODING: drop,
  }),
);

function putOf(name: string): Put {
  const own = OF_THEIR_OWN.get(name);
  if (own !== undefined) return own;
  if (name.startsWith('HTTP_')) return putHeader;
  if (name.startsWith('CONTENT_')) return putContent;
  // Names that stand for the server's own words, or tell it to load code, are not the peer's to give.
  const isOurs = /^(?:wsgi\.|wizgi\.|UWSGI_)/.test(name);
  return isOurs || name === '' || name === '__proto__' ? drop : putVariable;
}

const MAX_KNOWN_PLACES = 64;
const MAX_KNOWN_LENGTH = 64;
const namesAt: string[] = [];
const putsAt: Put[] = [];

/** Front ends send the same names in the same order: what stood in a place last is looked at first. */
function putAt(place: number, name: string): Put {
  if (namesAt[place] === name) return putsAt[place] as Put;
  const put = putOf(name);
  if (place < MAX_KNOWN_PLACES && place <= namesAt.length && name.length <= MAX_KNOWN_LENGTH) {
    namesAt[place] = name;
    putsAt[place] = put;
  }
  return put;
}

/** Adds what a front end says of a request; what a client could use to pass for the server is left out. */
export function addVariables(environ: Environ, { names, values }: Variables): void {
  for (let place = 0; place < names.length; place++) {
    const name = names[place] as string;
    putAt(place, name)(environ, values[place] as string, name);
  }
}
