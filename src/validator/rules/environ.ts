import type { RuleFor, Subject } from '../rule.ts';
import { show } from '../show.ts';

type Environment = Readonly<Record<string, unknown>>;

const VARIABLES = 'PEP 3333, environ Variables';

/** Keys without which no environ is one; of SCRIPT_NAME and PATH_INFO either may be left out. */
const REQUIRED = [
  ...['REQUEST_METHOD', 'SERVER_NAME', 'SERVER_PORT', 'SERVER_PROTOCOL'],
  ...['wsgi.version', 'wsgi.url_scheme', 'wsgi.input', 'wsgi.errors'],
  ...['wsgi.multithread', 'wsgi.multiprocess', 'wsgi.run_once'],
];

const FLAGS = ['wsgi.multithread', 'wsgi.multiprocess', 'wsgi.run_once', 'wsgi.input_terminated'];

const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS', 'PATCH', 'PUT', 'DELETE', 'TRACE'];

/** What an application is called with. */
export const callRules: readonly RuleFor<readonly unknown[]>[] = [
  {
    id: 'application-arguments',
    side: 'server',
    severity: 'error',
    text: 'An application is called with two positional arguments: environ and startResponse.',
    reference: 'PEP 3333, Specification Details',
    remedy: 'Call it as app(environ, startResponse).',
    check: (args) => {
      if (args.length !== 2) return `the application was called with ${args.length} arguments`;
      if (typeof args[1] === 'function') return null;
      return `startResponse is ${show(args[1])}`;
    },
  },
  {
    id: 'environ-object',
    side: 'server',
    severity: 'error',
    text: 'environ is an ordinary object that the application may change; in Python, exactly a dict.',
    reference: 'PEP 3333, Specification Details',
    remedy:
      'Pass an object literal, or one without a prototype; nothing frozen, no class of your own.',
    check: ([environ]) => {
      if (typeof environ !== 'object' || environ === null) return `environ is ${show(environ)}`;
      const prototype: unknown = Object.getPrototypeOf(environ);
      if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
        return `environ is ${show(environ)}`;
      }
      return Object.isExtensible(environ) ? null : 'environ cannot be changed';
    },
  },
];

export const environRules: readonly RuleFor<Environment>[] = [
  {
    id: 'environ-required',
    side: 'server',
    severity: 'error',
    text: `environ has ${REQUIRED.slice(0, -1).join(', ')} and ${REQUIRED.at(-1)}.`,
    reference: VARIABLES,
    remedy: 'Add what is missing; a middleware that copies environ copies all of it.',
    check: (environ) => {
      const missing = REQUIRED.filter((key) => environ[key] === undefined);
      return missing.length === 0 ? null : `environ lacks ${missing.join(', ')}`;
    },
  },
  {
    id: 'environ-content-headers',
    side: 'server',
    severity: 'error',
    text: 'Content-Type and Content-Length stand in CONTENT_TYPE and CONTENT_LENGTH, never with HTTP_ before them.',
    reference: VARIABLES,
    remedy: 'Leave HTTP_CONTENT_TYPE and HTTP_CONTENT_LENGTH out.',
    check: (environ) => {
      const key = ['HTTP_CONTENT_TYPE', 'HTTP_CONTENT_LENGTH'].find((name) => name in environ);
      return key === undefined ? null : `environ has ${key}`;
    },
  },
  {
    id: 'environ-query-string',
    side: 'server',
    severity: 'warning',
    text: 'environ has QUERY_STRING, empty where there is no query.',
    reference: `${VARIABLES}; RFC 3875 §4.1.7`,
    remedy: 'Set it to an empty string: many applications rely on it.',
    check: (environ) => ('QUERY_STRING' in environ ? null : 'environ lacks QUERY_STRING'),
  },
  {
    id: 'environ-strings',
    side: 'server',
    severity: 'error',
    text: 'Every variable whose name has no dot is a string.',
    reference: VARIABLES,
    remedy: 'Give its text, and leave out what has no value.',
    check: (environ) => {
      const key = undotted(environ).find((name) => typeof environ[name] !== 'string');
      return key === undefined ? null : `${show(key)} is ${show(environ[key])}`;
    },
  },
  {
    id: 'environ-native',
    side: 'server',
    severity: 'error',
    text: 'These strings stand for bytes: none has a character above U+00FF.',
    reference: 'PEP 3333, Unicode Issues',
    remedy: "Decode the request's bytes as Latin-1.",
    check: (environ) => {
      const key = undotted(environ).find((name) => {
        const value = environ[name];
        return typeof value === 'string' && /[^\0-\xff]/.test(value);
      });
      return key === undefined ? null : `${show(key)} is ${show(environ[key])}`;
    },
  },
  {
    id: 'environ-key-names',
    side: 'server',
    severity: 'warning',
    text: "A server's own variables have names of lower-case letters, digits, dots and underscores, with a prefix of its own.",
    reference: VARIABLES,
    remedy: 'Rename the variable.',
    check: (environ) => {
      const key = Object.keys(environ).find(
        (name) => name.includes('.') && !/^[a-z0-9_.]+$/.test(name),
      );
      return key === undefined ? null : `there is a variable ${show(key)}`;
    },
  },
  {
    id: 'environ-version',
    side: 'server',
    severity: 'error',
    text: 'wsgi.version is the pair (1, 0).',
    reference: VARIABLES,
    remedy: 'Set it to [1, 0]; in Python to the tuple (1, 0).',
    check: ({ 'wsgi.version': version }) => {
      if (version === undefined) return null;
      const right = Array.isArray(version) && version.length === 2;
      if (right && version[0] === 1 && version[1] === 0) return null;
      return `wsgi.version is ${Array.isArray(version) ? `[${version.map(show)}]` : show(version)}`;
    },
  },
  {
    id: 'environ-scheme',
    side: 'server',
    severity: 'error',
    text: 'wsgi.url_scheme is http or https.',
    reference: VARIABLES,
    remedy: 'Set the scheme that the client used.',
    check: ({ 'wsgi.url_scheme': scheme }) =>
      scheme === undefined || scheme === 'http' || scheme === 'https'
        ? null
        : `wsgi.url_scheme is ${show(scheme)}`,
  },
  {
    id: 'environ-flags',
    side: 'server',
    severity: 'warning',
    text: 'wsgi.multithread, wsgi.multiprocess, wsgi.run_once and wsgi.input_terminated are true or false.',
    reference: VARIABLES,
    remedy: 'Set booleans: 0 and "false" mean different things to different applications.',
    check: (environ) => {
      const key = FLAGS.find((name) => !['boolean', 'undefined'].includes(typeof environ[name]));
      return key === undefined ? null : `${key} is ${show(environ[key])}`;
    },
  },
  {
    id: 'environ-method',
    side: 'server',
    severity: 'error',
    text: 'REQUEST_METHOD is never empty.',
    reference: VARIABLES,
    remedy: "Set the request's method as the client sent it.",
    check: ({ REQUEST_METHOD: method }) => (method === '' ? 'REQUEST_METHOD is empty' : null),
  },
  {
    id: 'environ-known-method',
    side: 'server',
    severity: 'warning',
    text: `REQUEST_METHOD is one of ${METHODS.join(', ')}, as a rule.`,
    reference: 'RFC 9110 §9.1; RFC 5789',
    remedy: 'Nothing, where the application knows the method; methods are upper-case.',
    check: ({ REQUEST_METHOD: method }) =>
      typeof method !== 'string' || method === '' || METHODS.includes(method)
        ? null
        : `REQUEST_METHOD is ${show(method)}`,
  },
  {
    id: 'environ-paths',
    side: 'server',
    severity: 'error',
    text: 'SCRIPT_NAME and PATH_INFO are empty or begin with a slash.',
    reference: `${VARIABLES}; RFC 3875 §4.1.5, §4.1.13`,
    remedy: 'Begin the path with a slash.',
    check: (environ) => {
      const key = ['SCRIPT_NAME', 'PATH_INFO'].find((name) => {
        const path = environ[name];
        return typeof path === 'string' && path !== '' && !path.startsWith('/');
      });
      return key === undefined ? null : `${key} is ${show(environ[key])}`;
    },
  },
  {
    id: 'environ-script-name',
    side: 'server',
    severity: 'error',
    text: 'SCRIPT_NAME is not a slash alone: an application at the root has it empty, and the slash in PATH_INFO.',
    reference: VARIABLES,
    remedy: 'Set SCRIPT_NAME to an empty string and PATH_INFO to "/".',
    check: ({ SCRIPT_NAME: name }) => (name === '/' ? 'SCRIPT_NAME is "/"' : null),
  },
  {
    id: 'environ-path-info',
    side: 'server',
    severity: 'error',
    text: 'Where SCRIPT_NAME is empty, there is PATH_INFO.',
    reference: VARIABLES,
    remedy: 'Set PATH_INFO, to "/" for the root.',
    check: (environ) =>
      environ['SCRIPT_NAME'] || 'PATH_INFO' in environ
        ? null
        : 'environ has neither SCRIPT_NAME nor PATH_INFO',
  },
  {
    id: 'environ-content-length',
    side: 'server',
    severity: 'error',
    text: 'CONTENT_LENGTH is absent, empty, or a number of bytes in digits.',
    reference: `${VARIABLES}; RFC 3875 §4.1.2`,
    remedy: 'Refuse the request, or leave CONTENT_LENGTH out.',
    check: ({ CONTENT_LENGTH: length }) =>
      typeof length !== 'string' || /^\d*$/.test(length)
        ? null
        : `CONTENT_LENGTH is ${show(length)}`,
  },
  {
    id: 'environ-server-address',
    side: 'server',
    severity: 'error',
    text: 'SERVER_NAME and SERVER_PORT are never empty.',
    reference: VARIABLES,
    remedy:
      "Set what the server is configured with, else its address; for a Unix socket, the scheme's port.",
    check: (environ) => {
      const key = ['SERVER_NAME', 'SERVER_PORT'].find((name) => environ[name] === '');
      return key === undefined ? null : `${key} is empty`;
    },
  },
  {
    id: 'environ-file-wrapper',
    side: 'server',
    severity: 'error',
    text: 'wsgi.file_wrapper, where there is one, can be called.',
    reference: 'PEP 3333, Optional Platform-Specific File Handling',
    remedy: 'Leave it out rather than set it to anything else.',
    check: ({ 'wsgi.file_wrapper': wrapper }) =>
      wrapper === undefined || typeof wrapper === 'function'
        ? null
        : `wsgi.file_wrapper is ${show(wrapper)}`,
  },
];

function undotted(environ: Environment): string[] {
  return Object.keys(environ).filter((key) => !key.includes('.'));
}

export const environSubject: Subject = {
  title: 'The call and environ',
  introduction:
    'What an application is called with. Everything here is checked when the call comes in.',
  rules: [...callRules, ...environRules],
};
