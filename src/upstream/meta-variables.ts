import type { Variables } from '../protocols/cgi/variables.ts';
import { FORWARDING_VARIABLES } from './forwarding-fields.ts';
import { type MakeVariables, nominatedFields } from './http-variables.ts';
import { type Script, type ScriptOptions, scriptOf } from './script.ts';

/** How requests over FastCGI, SCGI, uwsgi and AJP are made. */
export interface MetaVariablesOptions extends ScriptOptions {
  readonly trustForwarded: boolean;
  /** Content of unknown length is told by HTTP_TRANSFER_ENCODING. */
  readonly chunked: boolean;
}

/** What is not passed on: the connection's fields, what programs misread, what is written anew. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'HTTP_CONNECTION',
  'HTTP_EXPECT',
  'HTTP_HTTP2_SETTINGS',
  'HTTP_KEEP_ALIVE',
  'HTTP_PROXY',
  'HTTP_PROXY_AUTHORIZATION',
  'HTTP_PROXY_CONNECTION',
  'HTTP_TE',
  'HTTP_TRAILER',
  'HTTP_TRANSFER_ENCODING',
  'HTTP_UPGRADE',
  'CONTENT_LENGTH',
  'HTTPS',
  'RAW_URI',
  'REQUEST_SCHEME',
  'SCRIPT_NAME',
  'PATH_INFO',
  'DOCUMENT_ROOT',
  'SCRIPT_FILENAME',
  'PATH_TRANSLATED',
  'REDIRECT_STATUS',
]);

/**
 * The request as CGI's meta-variables: all texts of environ whose names are such as CGI has.
 * (RFC 3875 §4.1)
 */
export function metaVariables(options: MetaVariablesOptions): MakeVariables {
  return (environ, length) => {
    const script = scriptOf(environ, options);
    const names = ['SCRIPT_NAME', 'PATH_INFO', 'REQUEST_SCHEME'];
    const values = [
      script === null ? environ.SCRIPT_NAME : script.name,
      script === null ? environ.PATH_INFO : script.pathInfo,
      environ['wsgi.url_scheme'],
    ];
    const add = (name: string, value: string) => {
      names.push(name);
      values.push(value);
    };
    if (length !== null && (length > 0 || environ.CONTENT_LENGTH !== undefined)) {
      add('CONTENT_LENGTH', String(length));
    }
    if (length === null && options.chunked) add('HTTP_TRANSFER_ENCODING', 'chunked');
    if (environ['wsgi.url_scheme'] === 'https') add('HTTPS', 'on');
    if (script !== null) addScript(add, script, options);
    const nominated = nominatedFields(environ['HTTP_CONNECTION']);
    for (const name in environ) {
      const value = environ[name];
      if (typeof value !== 'string' || !isMetaVariable(name) || LEFT_OUT.has(name)) continue;
      if (nominated?.has(name)) continue;
      if (!options.trustForwarded && FORWARDING_VARIABLES.has(name)) continue;
      add(name, value);
    }
    return { names, values } satisfies Variables;
  };
}

function addScript(
  add: (name: string, value: string) => void,
  { name, pathInfo, file }: Script,
  { root }: ScriptOptions,
): void {
  add('DOCUMENT_ROOT', root);
  add('SCRIPT_FILENAME', file);
  add('DOCUMENT_URI', name + pathInfo);
  // Without it php-cgi takes the request for a direct call of itself.
  add('REDIRECT_STATUS', '200');
}

const MOST_NAMES = 1024;
const known = new Map<string, boolean>();

function isMetaVariable(name: string): boolean {
  const before = known.get(name);
  if (before !== undefined) return before;
  const is = /^[A-Z][A-Z0-9_]{0,255}$/.test(name);
  if (known.size >= MOST_NAMES) known.clear();
  known.set(name, is);
  return is;
}
