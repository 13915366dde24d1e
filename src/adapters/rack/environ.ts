import { decodePath } from '../../wsgi/environ.ts';
import { fileWrapper } from '../../wsgi/file-wrapper.ts';
import { AsyncInput, Input, type InputSource } from '../../wsgi/input.ts';
import type { AsyncInputStream, Environ, ErrorStream, InputStream } from '../../wsgi/types.ts';
import { SOFTWARE } from '../../wsgi/version.ts';
import { RackInputStream } from './input.ts';
import type { RackEnv, RackErrors, RackInput } from './types.ts';

/** How much is asked of a Rack input at once. */
const BLOCK = 64 * 1024;

/**
 * The environ of a WSGI application for a Rack env.
 *
 * @throws {TypeError} when the env lacks what nothing can stand in for.
 */
export function rackEnviron(env: RackEnv, streaming: boolean): Environ {
  const scheme = required(env, 'rack.url_scheme');
  const path = env.PATH_INFO ?? '';
  const environ: Environ = {
    REQUEST_METHOD: required(env, 'REQUEST_METHOD'),
    SCRIPT_NAME: decodePath(env.SCRIPT_NAME ?? ''),
    PATH_INFO: path === '*' ? '' : decodePath(path),
    QUERY_STRING: env.QUERY_STRING ?? '',
    SERVER_NAME: env.SERVER_NAME ?? 'localhost',
    SERVER_PORT: String(env.SERVER_PORT ?? (scheme === 'https' ? 443 : 80)),
    SERVER_PROTOCOL: env.SERVER_PROTOCOL ?? 'HTTP/1.1',
    SERVER_SOFTWARE: SOFTWARE,
    GATEWAY_INTERFACE: 'CGI/1.1',
    'wsgi.version': [1, 0],
    'wsgi.url_scheme': scheme,
    ...inputOf(env['rack.input']),
    'wsgi.errors': errorStream(env['rack.errors']),
    'wsgi.multithread': env['rack.multithread'] !== false,
    'wsgi.multiprocess': env['rack.multiprocess'] === true,
    'wsgi.run_once': env['rack.run_once'] === true,
    'wsgi.input_terminated': true,
    'wsgi.file_wrapper': fileWrapper,
  };
  for (const key of Object.keys(env)) {
    if (!(key in environ) && !key.startsWith('rack.')) environ[key] = env[key];
  }
  environ['wizgi.streaming'] = streaming;
  environ['REQUEST_URI'] ??= requestUri(env);
  environ['RAW_URI'] ??= environ['REQUEST_URI'];
  return environ;
}

function required(env: RackEnv, key: string): string {
  const value = env[key];
  if (typeof value === 'string' && value !== '') return value;
  throw new TypeError(`not a Rack env: '${key}' is missing`);
}

function requestUri({ SCRIPT_NAME: script = '', PATH_INFO: path = '', QUERY_STRING }: RackEnv) {
  return script + path + (QUERY_STRING ? `?${QUERY_STRING}` : '');
}

/** The input of a request that came through `fromRack` is the one that it had before. */
function inputOf(input: RackInput | undefined): {
  'wsgi.input': InputStream;
  'wizgi.input': AsyncInputStream;
} {
  if (input instanceof RackInputStream && input.asyncInput !== undefined) {
    return { 'wsgi.input': input.input, 'wizgi.input': input.asyncInput };
  }
  const own = new Input(input === undefined ? undefined : new RackSource(input));
  return { 'wsgi.input': own, 'wizgi.input': new AsyncInput(own) };
}

class RackSource implements InputSource {
  private readonly input: RackInput;

  constructor(input: RackInput) {
    this.input = input;
  }

  next(): Uint8Array | null {
    const block = this.input.read(BLOCK);
    return block === null || block.byteLength === 0 ? null : block;
  }

  arrival(): Promise<void> {
    return Promise.resolve();
  }
}

function errorStream(errors: RackErrors): ErrorStream {
  return {
    write: (text) => errors.write(text),
    writelines: (lines) => errors.write([...lines].join('')),
    flush: () => errors.flush(),
  };
}
