/** What is asked of the servers of Python applications. */
import { scenarios as typescriptScenarios } from '../scenarios.mjs';

const like = (name) => typescriptScenarios.find((scenario) => scenario.name === name);
const hello = like('hello');

/**
 * As the scenarios of the TypeScript suite; `application` is what is served, `processes` how many Python
 * processes each contestant has (1), `threads` how many threads each of those (1).
 */
export const scenarios = [
  {
    ...request(hello),
    name: 'python-hello',
    what: 'Plain WSGI, 14 bytes of text; one Python process each',
    application: 'app:hello',
  },
  {
    ...request(hello),
    name: 'python-hello-2',
    what: 'The same; two Python processes each',
    application: 'app:hello',
    processes: 2,
  },
  {
    ...request(hello),
    name: 'python-flask',
    what: 'The same through Flask; one Python process each',
    application: 'flask_app:application',
  },
  {
    ...request(hello),
    name: 'python-django',
    what: 'The same through Django with the middleware of startproject; one Python process each',
    application: 'django_app:application',
  },
  {
    ...request(like('json-post')),
    name: 'python-json',
    what: 'POST of 1 KiB of JSON, parsed; a small JSON answer derived from it; one Python process each',
    application: 'app:receipt',
  },
  {
    ...request(like('body-64k')),
    name: 'python-64k',
    what: '64 KiB as one block; one Python process each',
    application: 'app:body',
  },
  {
    ...request(hello),
    name: 'python-wait',
    what: '10 ms of waiting, then 14 bytes; 256 connections, one Python process each with 32 threads (gunicorn sync: one)',
    application: 'app:wait',
    threads: 32,
    connections: 256,
  },
];

function request({ method, headers, body, answer }) {
  return { method, headers, body, answer };
}
