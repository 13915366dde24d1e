import type { Application, Body, Environ, StartResponse } from '../../../wsgi/types.ts';
import { dumpEnviron, mutateEnviron, reconstructUrl } from './environ.ts';
import { writeErrors } from './errors.ts';
import { wrapFile } from './file.ts';
import { asynchronousForm, synchronousForm } from './forms.ts';
import { gateOf } from './gate.ts';
import { digest, echo, operateInput, unread } from './input.ts';
import { answerJson } from './json.ts';
import { type LedgerEntry, ledgerEntry } from './ledger.ts';
import { type Form, runProgram } from './program.ts';
import { Query } from './query.ts';

/** The version of the behaviours that docs/conformance.md specifies. */
const KIT_VERSION = 1;

/**
 * The conformance kit's application: serve it, and `wizgi conformance URL` or {@link runKit} judges the
 * server.
 *
 * What it does is chosen by the path of a request; docs/conformance.md specifies each path. It needs
 * nothing but the language, so it runs wherever an adapter serves a WSGI application.
 *
 * @example
 * const server = await serve(kitApplication, { bind: '127.0.0.1:0' });
 * const report = await runKit(server.url);
 */
export const kitApplication: Application = (environ, startResponse) =>
  route(environ, startResponse, synchronousForm);

/** {@link kitApplication} with promises for answers and asynchronous iterables for their bodies. */
export const asyncKitApplication: Application = async (environ, startResponse) => {
  // In a later turn, as applications are that wait for something first.
  await null;
  return route(environ, startResponse, asynchronousForm);
};

type Behaviour = (
  environ: Environ,
  startResponse: StartResponse,
  query: Query,
  entry: LedgerEntry,
) => Body;

const behaviours: Readonly<Record<string, Behaviour>> = {
  environ: dumpEnviron,
  mutate: mutateEnviron,
  url: reconstructUrl,
  input: operateInput,
  echo,
  digest,
  unread,
  errors: writeErrors,
  file: wrapFile,
};

function route(environ: Environ, startResponse: StartResponse, form: Form): Body {
  const query = new Query(environ.QUERY_STRING ?? '');
  const key = query.get('k');
  const name = (environ.PATH_INFO ?? '').split('/')[1] ?? '';
  if (name === '') return describe(environ, startResponse, form);
  if (name === 'ledger') return answerJson(startResponse, ledgerEntry(key));
  if (name === 'gate') return answerJson(startResponse, { opened: gateOf(key ?? '').open() });
  const entry = ledgerEntry(key);
  entry.note('call');
  if (name === 'do') return runProgram(environ, startResponse, query, entry, form);
  const behaviour = Object.hasOwn(behaviours, name) ? behaviours[name] : undefined;
  if (behaviour !== undefined) return behaviour(environ, startResponse, query, entry);
  startResponse('404 Not Found', [['Content-Type', 'text/plain']]);
  return ['the conformance kit has no such path'];
}

/** `/`: says that the kit is served here, and by what kind of server. */
function describe(environ: Environ, startResponse: StartResponse, form: Form): Body {
  return answerJson(startResponse, {
    kit: 'wizgi-conformance',
    version: KIT_VERSION,
    language: form === asynchronousForm ? 'typescript, asynchronous' : 'typescript',
    instance: instanceName(),
    protocol: environ.SERVER_PROTOCOL ?? null,
    software: environ['SERVER_SOFTWARE'] ?? null,
    multithread: environ['wsgi.multithread'] === true,
    multiprocess: environ['wsgi.multiprocess'] === true,
    run_once: environ['wsgi.run_once'] === true,
    file_wrapper: environ['wsgi.file_wrapper'] !== undefined,
    input_terminated: environ['wsgi.input_terminated'] === true,
  });
}

let instance = '';

/** Tells this copy of the application, with its memory, from others. */
function instanceName(): string {
  // Not when the module is loaded: some runtimes have no randomness before the first request.
  if (instance === '') instance = Math.random().toString(36).slice(2);
  return instance;
}
