import { fromNode } from '../../dist/adapters/node/index.js';
import { serve } from '../../dist/index.js';
import { fastifyApp } from './fastify-app.mjs';

const app = fromNode(fastifyApp(process.argv[2]));
const server = await serve(app, { bind: ['127.0.0.1:0'] });
console.log('listening', server.addresses[0]);
