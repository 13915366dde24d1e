import { createServer } from 'node:http';
import { BINARY, BLOCK, BLOCKS, BODY, HELLO, JSON_TYPE, receipt, TEXT } from './answers.mjs';

const handlers = {
  hello(_request, response) {
    response.writeHead(200, { 'Content-Type': TEXT, 'Content-Length': HELLO.length });
    response.end(HELLO);
  },

  json(request, response) {
    const received = [];
    request.on('data', (block) => received.push(block));
    request.on('end', () => {
      const text = Buffer.concat(received).toString();
      const answer = JSON.stringify(receipt(JSON.parse(text)));
      response.writeHead(200, {
        'Content-Type': JSON_TYPE,
        'Content-Length': Buffer.byteLength(answer),
      });
      response.end(answer);
    });
  },

  body(_request, response) {
    response.writeHead(200, { 'Content-Type': BINARY, 'Content-Length': BODY.length });
    response.end(BODY);
  },

  stream(_request, response) {
    response.writeHead(200, { 'Content-Type': BINARY });
    let left = BLOCKS;
    const write = () => {
      while (left > 0) {
        left -= 1;
        if (!response.write(BLOCK) && left > 0) {
          response.once('drain', write);
          return;
        }
      }
      response.end();
    };
    write();
  },
};

const server = createServer(handlers[process.argv[2]]);
server.listen(0, '127.0.0.1', () => {
  console.log('listening', `http://127.0.0.1:${server.address().port}`);
});
