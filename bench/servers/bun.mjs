import { BINARY, BODY, blockStream, HELLO, JSON_TYPE, receipt, TEXT } from './answers.mjs';

const handlers = {
  hello: () => new Response(HELLO, { headers: { 'Content-Type': TEXT } }),
  json: async (request) =>
    Response.json(receipt(await request.json()), { headers: { 'Content-Type': JSON_TYPE } }),
  body: () => new Response(BODY, { headers: { 'Content-Type': BINARY } }),
  stream: () => new Response(blockStream(), { headers: { 'Content-Type': BINARY } }),
};

const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: handlers[process.argv[2]] });
console.log('listening', String(server.url));
