/** nginx in front of one server, as its documentation sets it up. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-port.mjs';
import { end, sleep, start } from '../process.mjs';

export const program = ['/usr/sbin/nginx', '/usr/local/sbin/nginx'].find(existsSync) ?? 'nginx';

export function nginxVersion() {
  try {
    return (
      execFileSync(program, ['-v'], { stdio: ['ignore', 'pipe', 'pipe'] }).toString() || 'there'
    );
  } catch {
    return 'missing';
  }
}

/** Starts nginx with one process; gives its child process, port and the function that ends it. */
export async function launchNginx(protocol, keep, upstream) {
  const directory = mkdtempSync(join(tmpdir(), 'wizgi-bench-nginx-'));
  const port = await freePort();
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, configuration({ directory, port, protocol, keep, upstream }));
  const child = start(program, ['-c', file, '-p', directory, '-e', join(directory, 'error.log')]);
  await accepting(port, child);
  const stop = async () => {
    await end(child);
    rmSync(directory, { recursive: true, force: true });
  };
  return { child, port, stop };
}

function configuration({ directory, port, protocol, keep, upstream }) {
  return `daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  scgi_temp_path ${directory}/scgi;
  uwsgi_temp_path ${directory}/uwsgi;
  keepalive_requests 100000000;
  upstream application { server 127.0.0.1:${upstream}; ${keep ? 'keepalive 64;' : ''} }
  server {
    listen 127.0.0.1:${port} backlog=2048;
    location / { ${pass[protocol](keep)} }
  }
}
`;
}

const parameters = (name) =>
  [
    ['QUERY_STRING', '$query_string'],
    ['REQUEST_METHOD', '$request_method'],
    ['CONTENT_TYPE', '$content_type'],
    ...(name === 'scgi' ? [] : [['CONTENT_LENGTH', '$content_length']]),
    ['REQUEST_URI', '$request_uri'],
    ['PATH_INFO', '$document_uri'],
    ['SCRIPT_NAME', '""'],
    ['SERVER_PROTOCOL', '$server_protocol'],
    ['REQUEST_SCHEME', '$scheme'],
    ['REMOTE_ADDR', '$remote_addr'],
    ['REMOTE_PORT', '$remote_port'],
    ['SERVER_PORT', '$server_port'],
    ['SERVER_NAME', '$server_name'],
    ...(name === 'scgi' ? [['SCGI', '1']] : []),
  ]
    .map(([key, value]) => `${name}_param ${key} ${value};`)
    .join(' ');

const pass = {
  http: (keep) =>
    `proxy_pass http://application; ${keep ? 'proxy_http_version 1.1; proxy_set_header Connection "";' : ''}`,
  fastcgi: (keep) =>
    `fastcgi_pass application; ${keep ? 'fastcgi_keep_conn on;' : ''} ${parameters('fastcgi')}`,
  scgi: () => `scgi_pass application; ${parameters('scgi')}`,
  uwsgi: () => `uwsgi_pass application; ${parameters('uwsgi')}`,
};

export async function accepting(port, child) {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error('nginx did not start');
    try {
      await fetch(`http://127.0.0.1:${port}/`);
      return;
    } catch {
      await sleep(25);
    }
  }
  throw new Error('nginx does not answer');
}
