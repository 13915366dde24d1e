import { fastifyApp } from './fastify-app.mjs';

const app = fastifyApp(process.argv[2]);
console.log('listening', await app.listen({ port: 0, host: '127.0.0.1' }));
