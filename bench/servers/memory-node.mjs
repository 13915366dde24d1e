import { createServer } from 'node:http';
import { BINARY, BLOCK, HELLO, TEXT } from './answers.mjs';

const handlers = {
  upload(request, response) {
    let total = 0;
    request.on('data', (block) => {
      total += block.length;
    });
    request.on('end', () => {
      const answer = String(total);
      response.writeHead(200, { 'Content-Type': TEXT, 'Content-Length': answer.length });
      response.end(answer);
    });
  },

  download(request, response) {
    response.writeHead(200, { 'Content-Type': BINARY });
    let left = Number(request.url.slice(1)) / BLOCK.length;
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

  idle(_request, response) {
    response.writeHead(200, { 'Content-Type': TEXT, 'Content-Length': HELLO.length });
    response.end(HELLO);
  },
};

const server = createServer({ keepAliveTimeout: 600_000 }, handlers[process.argv[2]]);
server.listen(0, '127.0.0.1', () => {
  console.log('listening', `http://127.0.0.1:${server.address().port}`);
});
