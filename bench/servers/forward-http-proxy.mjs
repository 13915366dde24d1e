import { Agent, createServer } from 'node:http';
import httpProxy from 'http-proxy';

const agent = new Agent({ keepAlive: true });
const proxy = httpProxy.createProxyServer({ target: process.argv[3], agent, xfwd: true });

const server = createServer((request, response) => proxy.web(request, response));
server.listen(0, '127.0.0.1', () => {
  console.log('listening', `http://127.0.0.1:${server.address().port}`);
});
