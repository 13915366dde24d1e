import { serve } from '../../dist/index.js';
import { HELLO, TEXT } from './answers.mjs';

/** `hello` behind a middleware that adds to environ, as routers, sessions and the like do. */
function hello(_environ, startResponse) {
  startResponse('200 OK', [['Content-Type', TEXT]]);
  return [HELLO];
}

const middleware = (app) => (environ, startResponse) => {
  environ['bench.user'] = 'ada';
  environ['bench.route'] = '/';
  environ['bench.session'] = null;
  return app(environ, startResponse);
};

const server = await serve(middleware(hello), { bind: ['127.0.0.1:0'] });
console.log('listening', server.addresses[0]);
