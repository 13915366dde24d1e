import { toFetch } from '../../dist/adapters/fetch/index.js';
import { applications } from './wizgi-applications.mjs';

const fetch = toFetch(applications[process.argv[2]]);
const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch });
console.log('listening', String(server.url));
