/** Flags that Gunicorn's users will try, and what to tell them. */

const LATER = 'is not available yet in this version of wizgi';
const PROCESSES = `${LATER}, which serves from one process`;
const NEVER = 'has no counterpart in wizgi';

/** What is said after the flag's name. */
export const unavailable: Readonly<Record<string, string>> = {
  workers: PROCESSES,
  threads: PROCESSES,
  preload: PROCESSES,
  'worker-class': `${NEVER}: there is one kind of worker, and it is asynchronous`,
  'worker-connections': `${NEVER}; see --max-connections`,
  'max-requests': PROCESSES,
  'max-requests-jitter': PROCESSES,
  reload: `${LATER}; node --watch can restart the server meanwhile`,
  'reload-extra-file': LATER,
  'reload-engine': NEVER,
  pid: LATER,
  user: LATER,
  group: LATER,
  umask: `${LATER}; see --socket-mode for the permissions of Unix sockets`,
  certfile: LATER,
  keyfile: LATER,
  'ca-certs': LATER,
  ciphers: LATER,
  'cert-reqs': LATER,
  'forwarded-allow-ips': `${LATER}; forwarded headers are passed on and never trusted`,
  'proxy-protocol': LATER,
  'proxy-allow-from': LATER,
  mount: LATER,
  interface: `${LATER}: applications are WSGI applications`,
  python: `${LATER}: applications are JavaScript or TypeScript`,
  pythonpath: `${LATER}: applications are JavaScript or TypeScript`,
  paste: `${LATER}: applications are JavaScript or TypeScript`,
  daemon: `${NEVER}: leave that to the service manager (systemd, a container)`,
  name: NEVER,
  'log-config': `${NEVER}; see --log-level, --log-format and --error-logfile`,
  'log-syslog': `${NEVER}: let the service manager read stderr`,
  'capture-output': `${NEVER}: what the application prints goes to the server's stdout and stderr`,
  'statsd-host': LATER,
  'worker-tmp-dir': `${NEVER}; see --spool-directory`,
  sendfile: NEVER,
  'no-sendfile': NEVER,
};

/** Gunicorn's short forms of them. */
export const unavailableShort: Readonly<Record<string, string>> = {
  w: 'workers',
  k: 'worker-class',
  p: 'pid',
  u: 'user',
  g: 'group',
  m: 'umask',
  D: 'daemon',
  n: 'name',
};
