/** nginx: the upstream, which should take as little of the machine as may be, and a peer. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-port.mjs';
import { accepting, program } from '../gateways/nginx.mjs';
import { end, start } from '../process.mjs';

/** Answers every request with a text. */
export function launchUpstream(text) {
  const answer = JSON.stringify(text.replace(/\n/g, '\\n')).replaceAll('\\\\n', '\\n');
  return launch('', `default_type text/plain; return 200 ${answer};`);
}

/** Forwards every request, over connections that it keeps. */
export function launchProxy(port) {
  return launch(
    `upstream application { server 127.0.0.1:${port}; keepalive 64; }`,
    `proxy_pass http://application; proxy_http_version 1.1; proxy_set_header Connection "";
     proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;`,
  );
}

async function launch(upstream, location) {
  const directory = mkdtempSync(join(tmpdir(), 'wizgi-bench-nginx-'));
  const port = await freePort();
  const file = join(directory, 'nginx.conf');
  const folders = ['client_body', 'proxy', 'fastcgi', 'scgi', 'uwsgi'].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  );
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${directory}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000; ${folders.join(' ')}
  ${upstream}
  server { listen 127.0.0.1:${port} backlog=2048; location / { ${location} } }
}
`,
  );
  const child = start(program, ['-c', file, '-p', directory, '-e', join(directory, 'error.log')]);
  await accepting(port, child);
  const stop = async () => {
    await end(child);
    rmSync(directory, { recursive: true, force: true });
  };
  return { child, port, stop };
}
