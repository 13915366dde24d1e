/** Flags that Gunicorn's users will try, and what to tell them. */

const LATER = 'is not available yet in this version of wizgi';
const NEVER = 'has no counterpart in wizgi';

/** What is said after the flag's name. */
export const unavailable: Readonly<Record<string, string>> = {
  'worker-class': `${NEVER}: there is one kind of worker; see --threads`,
  'worker-connections': `${NEVER}; see --max-connections`,
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
  paste: `${NEVER}: name the file as TARGET, as in wizgi serve production.ini`,
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
  k: 'worker-class',
  p: 'pid',
  u: 'user',
  g: 'group',
  m: 'umask',
  D: 'daemon',
  n: 'name',
};
