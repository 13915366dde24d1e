/** What is asked of the gateways, and what they have to reach. */
import { HELLO } from '../../servers/answers.mjs';

const hello = {
  handler: 'hello',
  headers: [],
  answer: { type: 'text/plain', body: HELLO, sized: true },
};

/**
 * The scenarios. Each has a base of its own: servers that keep connections are measured against one
 * that keeps them, the others against one that takes a new connection for each request.
 */
export const scenarios = [
  {
    ...hello,
    name: 'nginx',
    what: 'GET / through nginx, which opens a connection for each request, as it does by default',
    base: 'nginx-node',
    targets: { 'nginx-http': 1, 'nginx-fastcgi': 1, 'nginx-scgi': 1, 'nginx-uwsgi': 1 },
  },
  {
    ...hello,
    name: 'nginx-keep',
    what: 'GET / through nginx, which keeps its connections',
    base: 'nginx-keep-node',
    targets: { 'nginx-keep-http': 1, 'nginx-keep-fastcgi': 1 },
  },
  {
    ...hello,
    name: 'direct',
    what: 'GET / from a client of each protocol, at a connection for each request',
    base: 'direct-http',
    own: true,
    targets: { 'direct-fastcgi': 0.9, 'direct-scgi': 0.9, 'direct-uwsgi': 0.9 },
  },
  {
    ...hello,
    name: 'direct-keep',
    what: 'GET / from a client of each protocol, at connections that are kept',
    base: 'direct-keep-http',
    own: true,
    targets: { 'direct-keep-fastcgi': 0.9 },
  },
];
