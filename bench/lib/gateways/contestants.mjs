/** wizgi's gateways, behind nginx and by themselves, and node:http behind nginx. */

const behind = (name, label, server, protocol, keep) => ({
  name,
  label,
  server,
  protocol,
  keep,
  own: true,
  only: [keep ? 'nginx-keep' : 'nginx'],
});

const direct = (name, label, protocol, keep) => ({
  name,
  label,
  server: 'gateways',
  protocol,
  keep,
  own: true,
  only: [keep ? 'direct-keep' : 'direct'],
});

export const contestants = [
  behind('nginx-node', 'nginx, node:http by proxy_pass', 'node', 'http', false),
  behind('nginx-http', 'nginx, wizgi by proxy_pass', 'gateways', 'http', false),
  behind('nginx-fastcgi', 'nginx, wizgi by fastcgi_pass', 'gateways', 'fastcgi', false),
  behind('nginx-scgi', 'nginx, wizgi by scgi_pass', 'gateways', 'scgi', false),
  behind('nginx-uwsgi', 'nginx, wizgi by uwsgi_pass', 'gateways', 'uwsgi', false),
  behind('nginx-keep-node', 'nginx, node:http by proxy_pass', 'node', 'http', true),
  behind('nginx-keep-http', 'nginx, wizgi by proxy_pass', 'gateways', 'http', true),
  behind('nginx-keep-fastcgi', 'nginx, wizgi by fastcgi_pass', 'gateways', 'fastcgi', true),
  direct('direct-http', 'wizgi, HTTP/1.1', 'http', false),
  direct('direct-fastcgi', 'wizgi, FastCGI', 'fastcgi', false),
  direct('direct-scgi', 'wizgi, SCGI', 'scgi', false),
  direct('direct-uwsgi', 'wizgi, uwsgi', 'uwsgi', false),
  direct('direct-keep-http', 'wizgi, HTTP/1.1', 'http', true),
  direct('direct-keep-fastcgi', 'wizgi, FastCGI', 'fastcgi', true),
];
