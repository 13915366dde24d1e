import { serve, streaming } from '../../dist/index.js';
import { BINARY, BLOCK, HELLO, TEXT } from './answers.mjs';

const applications = {
  /** Counts its input, which the server received before (in a temporary file, at this size). */
  upload(environ, startResponse) {
    const input = environ['wsgi.input'];
    let total = 0;
    for (;;) {
      const block = input.read(65536);
      if (block.length === 0) break;
      total += block.length;
    }
    startResponse('200 OK', [['Content-Type', TEXT]]);
    return [String(total)];
  },

  /** Counts its input as it arrives. */
  'upload-streaming': streaming(async (environ, startResponse) => {
    let total = 0;
    for await (const block of environ['wizgi.input']) total += block.length;
    startResponse('200 OK', [['Content-Type', TEXT]]);
    return [String(total)];
  }),

  /** Streams as many bytes as the path says. */
  *download(environ, startResponse) {
    startResponse('200 OK', [['Content-Type', BINARY]]);
    const blocks = Number(environ.PATH_INFO.slice(1)) / BLOCK.length;
    for (let i = 0; i < blocks; i++) yield BLOCK;
  },

  idle(_environ, startResponse) {
    startResponse('200 OK', [['Content-Type', TEXT]]);
    return [HELLO];
  },
};

const server = await serve(applications[process.argv[2]], {
  bind: ['127.0.0.1:0'],
  keepAlive: 600,
});
console.log('listening', server.addresses[0]);
