import { BINARY, BODY, blockStream, HELLO, JSON_TYPE, receipt, TEXT } from './answers.mjs';

const handlers = {
  hello: () => new Response(HELLO, { headers: { 'Content-Type': TEXT } }),
  json: async (request) =>
    Response.json(receipt(await request.json()), { headers: { 'Content-Type': JSON_TYPE } }),
  body: () => new Response(BODY, { headers: { 'Content-Type': BINARY } }),
  stream: () => new Response(blockStream(), { headers: { 'Content-Type': BINARY } }),
};

Deno.serve(
  {
    port: 0,
    hostname: '127.0.0.1',
    onListen: ({ port }) => console.log('listening', `http://127.0.0.1:${port}`),
  },
  handlers[Deno.args[0]],
);
