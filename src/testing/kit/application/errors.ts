/** `/errors`: writes to `wsgi.errors` in every way. */
import type { Body, Environ, StartResponse } from '../../../wsgi/types.ts';
import { answerJson } from './json.ts';

export function writeErrors(environ: Environ, startResponse: StartResponse): Body {
  const errors = environ['wsgi.errors'];
  return answerJson(startResponse, {
    write: works(() => errors.write('conformance kit: write\n')),
    writelines: works(() => errors.writelines(['conformance kit: ', 'writelines\n'])),
    flush: works(() => errors.flush()),
    unicode: works(() => errors.write('conformance kit: \u20ac \ud83d\ude00\n')),
  });
}

function works(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
