/**
 * The servers of Python applications, each with what its documentation recommends for speed.
 *
 * `command` gives the command line for an application, a port, a number of Python processes and of
 * threads in each. `workers` is the most processes that a server can have, where it cannot have any
 * number; `threads: false` marks those that have no threads; `closes` those that close a connection
 * after each answer.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { program, virtualEnvironment } from './environment.mjs';

const wizgi = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

/** Every contestant, in the order of the tables. */
export const contestants = [
  {
    name: 'wizgi',
    label: 'wizgi',
    own: true,
    command: ({ target, address, workers, threads }) => [
      process.execPath,
      ...[wizgi, 'serve', target, '-b', address, '--python', program('python')],
      ...['-w', workers, '--threads', threads],
    ],
  },
  {
    name: 'gunicorn',
    label: 'gunicorn sync',
    packages: ['gunicorn', 'gunicorn_h1c'],
    threads: false,
    closes: true,
    command: gunicorn('sync'),
  },
  {
    name: 'gunicorn-gthread',
    label: 'gunicorn gthread',
    packages: ['gunicorn', 'gunicorn_h1c'],
    command: gunicorn('gthread'),
  },
  {
    name: 'gunicorn-gevent',
    label: 'gunicorn gevent',
    packages: ['gunicorn', 'gunicorn_h1c', 'gevent'],
    command: gunicorn('gevent'),
  },
  {
    name: 'uwsgi',
    label: 'uWSGI http11-socket',
    packages: ['uwsgi'],
    command: uwsgi(({ address }) => ['--http11-socket', address]),
  },
  {
    name: 'uwsgi-router',
    label: 'uWSGI http router',
    packages: ['uwsgi'],
    command: uwsgi(({ address }) => ['--http', address, '--http-keepalive=1']),
  },
  {
    name: 'waitress',
    label: 'waitress',
    packages: ['waitress'],
    workers: 1,
    command: ({ target, address, threads }) => [
      program('waitress-serve'),
      ...['--listen', address, '--threads', atLeastFour(threads)],
      ...['--asyncore-use-poll', '--connection-limit', '1000', '--no-log-socket-errors'],
      ...['--max-request-body-size', String(2 * 1024 ** 3), target],
    ],
  },
  {
    name: 'cheroot',
    label: 'cheroot',
    packages: ['cheroot'],
    workers: 1,
    command: ({ target, address, threads }) => [
      program('cheroot'),
      ...['--bind', address, '--threads', threads, '--max-threads', threads],
      ...['--request-queue-size', '1024', target],
    ],
  },
  {
    name: 'granian',
    label: 'granian',
    packages: ['granian'],
    command: ({ target, port, workers, threads }) => [
      program('granian'),
      ...['--interface', 'wsgi', '--port', port, '--http', '1', '--no-ws', '--backlog', '2048'],
      ...['--workers', workers, '--blocking-threads', threads],
      ...['--runtime-mode', 'st', '--runtime-threads', '1', '--log-level', 'warning', target],
    ],
  },
  {
    name: 'bjoern',
    label: 'bjoern',
    packages: ['bjoern'],
    threads: false,
    command: ({ target, port, workers }) => [
      program('python'),
      ...['serve_bjoern.py', target, port, workers],
    ],
  },
  {
    name: 'fastwsgi',
    label: 'FastWSGI',
    packages: ['fastwsgi'],
    threads: false,
    command: ({ target, port, workers }) => [
      program('python'),
      ...['serve_fastwsgi.py', target, port, workers],
    ],
  },
];

function gunicorn(worker) {
  return ({ target, address, workers, threads }) => [
    program('gunicorn'),
    ...['--bind', address, '--workers', workers, '--worker-class', worker],
    ...(worker === 'gthread' ? ['--threads', atLeastFour(threads)] : []),
    ...['--http-parser', 'fast', '--no-control-socket', '--log-level', 'warning', target],
  ];
}

/**
 * Those whose threads hand connections to each other are faster and steadier with more than one,
 * which then fight less for the interpreter's lock; 4 is waitress's default.
 */
function atLeastFour(threads) {
  return String(Math.max(4, Number(threads)));
}

/** From PyPI, else the system's. */
function uwsgi(socket) {
  return ({ target, workers, threads, ...where }) => [
    ...(existsSync(program('uwsgi')) ? [program('uwsgi')] : ['uwsgi', '--plugin', 'python3']),
    ...['--master', '--die-on-term', '--need-app', '--single-interpreter', '--disable-logging'],
    ...['--virtualenv', virtualEnvironment, '--module', target, '--listen', backlog()],
    ...['--processes', workers, ...(Number(workers) > 1 ? ['--thunder-lock'] : [])],
    ...(Number(threads) > 1 ? ['--threads', threads] : []),
    ...socket(where),
  ];
}

/** uWSGI refuses to start with a longer one than the system allows. */
function backlog() {
  const file = '/proc/sys/net/core/somaxconn';
  const most = existsSync(file) ? Number(readFileSync(file, 'latin1')) : 128;
  return String(Math.min(1024, most));
}
