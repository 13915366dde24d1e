import { serve } from '../../dist/index.js';
import { HELLO, TEXT } from './answers.mjs';

function hello(_environ, startResponse) {
  startResponse('200 OK', [['Content-Type', TEXT]]);
  return [HELLO];
}

const [, , , protocol = 'http'] = process.argv;
const server = await serve(hello, { bind: [`${protocol}://127.0.0.1:0`] });
console.log('listening', server.addresses[0]);
