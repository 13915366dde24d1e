import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromNode, type NodeHandler, toNode } from '../../src/adapters/node/index.ts';
import { LogRecorder } from '../log-recorder.ts';
import type { Harness, Served, ServeOptions } from './harness.ts';
import { httpHarness, ServedOverHttp } from './harness-http.ts';

const PARSER = "node:http's parser knows the registered methods only";
const CONTINUE = 'a server of node:http sends 100 Continue before any handler is called';
const CONNECTION = 'a server of node:http adds Connection and Keep-Alive, and no Server';
const SERIAL = 'a handler has no queue: whoever calls it decides when';
const LEAVING = 'a server of node:http takes a client that closes its side for gone';
const PIPELINED = 'a server of node:http enters its handler for all that was pipelined';

const differences = {
  'ASY-20 close() comes before the next request of a connection': PIPELINED,
  'ENV-2 the method BREW comes as sent': PARSER,
  'ENV-2 the method get comes as sent': PARSER,
  'EXP-2, EXP-5 an application that does not read asks for nothing': CONTINUE,
  'EXP-5 none follows the final status, nor comes twice': CONTINUE,
  'EXP-6 none is needed when the body is there already': CONTINUE,
  'EXP-8 an answer without the body says that the connection closes': CONTINUE,
  'SRV-9 the server adds what HTTP requires': CONNECTION,
  'SRV-11 headers are neither renamed, reordered, merged nor invented': CONNECTION,
  'HOP-3 only the server decides on persistence': CONNECTION,
  'SRV-15, ASY-41 serial mode never enters the application twice at once': SERIAL,
  'THR-1 in serial mode wsgi.multithread is false': SERIAL,
  'INP-13 a streaming one sees its read fail': LEAVING,
  'P2 one that only half-closes gets its answer': LEAVING,
  'P5 of what a client pipelined before it left, little is run': PIPELINED,
  'P6 half-closing during a chunked upload to a streaming application': LEAVING,
  'are borrowed by gateways with a transport':
    'a response of node:http keeps what was written to it until it is sent',
};

/** `toNode` under a server of node:http. */
export const nodeHarness: Harness = {
  name: 'toNode under node:http',
  capabilities: {
    http1: true,
    server: true,
    asIs: true,
    sync: true,
    direct: true,
    patient: true,
  },
  differences,
  async serve(app, options = {}) {
    const log = new LogRecorder(options.brokenLog);
    let errors = '';
    const { scriptName = '', environ, timeout, bodyInMemory } = options;
    const handler = toNode(app, {
      log,
      errors: options.errors ?? {
        write: (text) => {
          errors += text;
        },
      },
      ...(environ === undefined ? {} : { environ }),
      ...(timeout === undefined ? {} : { timeout }),
      ...(bodyInMemory === undefined ? {} : { bodyInMemory }),
    });
    const server = createServer(mounted(handler, scriptName));
    const address = await listening(server, options);
    return new ServedOverHttp({
      address,
      log: () => log.lines,
      errors: () => errors,
      close: () => closed(server),
    });
  },
};

/** There and back: an application as a handler, and that as an application of the HTTP gateway. */
export const roundTripHarness: Harness = {
  name: 'fromNode of toNode',
  capabilities: {
    ...httpHarness.capabilities,
    asIs: false,
    sync: false,
    direct: false,
    patient: false,
  },
  differences: {
    'ASY-20 close() comes before the next request of a connection':
      "'finish', by which toNode knows that an answer is out, comes in a turn of its own",
    'EXP-5 none follows the final status, nor comes twice':
      'what a handler writes waits for the end of its turn, so that its read asks first',
  },
  async serve(app, options = {}) {
    const log = new LogRecorder(options.brokenLog);
    const handler = toNode(app, { log });
    const served = await httpHarness.serve(fromNode(handler), options);
    return withLog(served, log);
  },
};

/** What both of them log. */
function withLog(served: Served, log: LogRecorder): Served {
  const outer = Object.getPrototypeOf(served) as Served;
  return Object.defineProperty(served, 'log', {
    get: () => [...log.lines, ...(Reflect.get(outer, 'log', served) as Served['log'])],
  });
}

let sockets = 0;

function listening(server: Server, { host = '127.0.0.1' }: ServeOptions) {
  return new Promise<{ path: string } | { host: string; port: number }>((resolve) => {
    if (host === 'unix') {
      const path = join(tmpdir(), `wizgi-test-node-${process.pid}-${++sockets}.sock`);
      server.listen(path, () => resolve({ path }));
    } else {
      const bare = host.replace(/^\[|\]$/g, '');
      server.listen(0, bare, () => {
        resolve({ host: bare, port: (server.address() as AddressInfo).port });
      });
    }
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** As a router mounts a handler. */
function mounted(handler: NodeHandler, scriptName: string): NodeHandler {
  if (scriptName === '') return handler;
  return (request, response, next) => {
    const { url = '/' } = request;
    const mount = [...url.matchAll(/%[0-9A-F]{2}|[^%]/gi)].slice(0, scriptName.length).join('');
    const below = url.slice(mount.length);
    Object.assign(request, {
      originalUrl: url,
      url: below.startsWith('/') ? below : `/${below}`,
      baseUrl: mount,
    });
    return handler(request, response, next);
  };
}
