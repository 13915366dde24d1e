import { BINARY, BLOCK, BLOCKS, BODY, HELLO, JSON_TYPE, receipt, TEXT } from './answers.mjs';

const decoder = new TextDecoder();

/** What wizgi answers by, in the runtime or server of a contestant. */
export const applications = {
  hello(_environ, startResponse) {
    startResponse('200 OK', [['Content-Type', TEXT]]);
    return [HELLO];
  },

  json(environ, startResponse) {
    const order = JSON.parse(decoder.decode(environ['wsgi.input'].read()));
    startResponse('200 OK', [['Content-Type', JSON_TYPE]]);
    return [JSON.stringify(receipt(order))];
  },

  body(_environ, startResponse) {
    startResponse('200 OK', [['Content-Type', BINARY]]);
    return [BODY];
  },

  *stream(_environ, startResponse) {
    startResponse('200 OK', [['Content-Type', BINARY]]);
    for (let i = 0; i < BLOCKS; i++) yield BLOCK;
  },
};
