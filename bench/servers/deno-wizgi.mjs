import { toFetch } from '../../dist/adapters/fetch/index.js';
import { applications } from './wizgi-applications.mjs';

Deno.serve(
  {
    port: 0,
    hostname: '127.0.0.1',
    onListen: ({ port }) => console.log('listening', `http://127.0.0.1:${port}`),
  },
  toFetch(applications[Deno.args[0]]),
);
