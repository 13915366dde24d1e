import replyFrom from '@fastify/reply-from';
import fastify from 'fastify';

const app = fastify();
app.register(replyFrom, { base: process.argv[3] });
app.all('/', (_request, reply) => reply.from('/'));
await app.listen({ port: 0, host: '127.0.0.1' });
console.log('listening', `http://127.0.0.1:${app.server.address().port}`);
