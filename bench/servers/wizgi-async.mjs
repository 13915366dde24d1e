import { serve } from '../../dist/index.js';
import { HELLO, TEXT } from './answers.mjs';

/** `hello` as an application that returns a promise. */
async function hello(_environ, startResponse) {
  startResponse('200 OK', [['Content-Type', TEXT]]);
  return [HELLO];
}

const server = await serve(hello, { bind: ['127.0.0.1:0'] });
console.log('listening', server.addresses[0]);
