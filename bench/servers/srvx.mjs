import { FastResponse, serve } from 'srvx';
import { BINARY, BODY, blockStream, HELLO, JSON_TYPE, receipt, TEXT } from './answers.mjs';

// FastResponse is what srvx's guide recommends on Node.js.
const handlers = {
  hello: () => new FastResponse(HELLO, { headers: { 'Content-Type': TEXT } }),
  json: async (request) =>
    new FastResponse(JSON.stringify(receipt(await request.json())), {
      headers: { 'Content-Type': JSON_TYPE },
    }),
  body: () => new FastResponse(BODY, { headers: { 'Content-Type': BINARY } }),
  stream: () => new FastResponse(blockStream(), { headers: { 'Content-Type': BINARY } }),
};

const server = serve({
  fetch: handlers[process.argv[2]],
  port: 0,
  hostname: '127.0.0.1',
  silent: true,
});
await server.ready();
console.log('listening', server.url);
