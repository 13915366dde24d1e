/** Handlers that do something wrong: the server goes on, the client hears of it, the log tells why. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { fromNode, type NodeHandler } from 'wizgi/node';
import { until } from '../conformance/harness.ts';
import { adapted, send, serving } from './servers.ts';

/** What nobody caught, while a test runs. */
function uncaught(): unknown[] {
  const errors: unknown[] = [];
  const note = (error: unknown) => errors.push(error);
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  onTestFinished(() => {
    process.off('uncaughtException', note);
    process.off('unhandledRejection', note);
  });
  return errors;
}

const failures: Record<string, NodeHandler> = {
  'throws before anything': () => {
    throw new Error('the reason');
  },
  'throws after setHeader and writeHead': (_request, response) => {
    response.setHeader('X-Secret', '1');
    response.writeHead(200);
    throw new Error('the reason');
  },
  'throws after it wrote': (_request, response) => {
    response.write('something');
    throw new Error('the reason');
  },
  rejects: async () => {
    await null;
    throw new Error('the reason');
  },
  'rejects after writeHead': async (_request, response) => {
    response.writeHead(200);
    await null;
    throw new Error('the reason');
  },
  'destroys its response with an error': (_request, response) => {
    response.destroy(new Error('the reason'));
  },
  'sets a length that is none': (_request, response) => {
    response.setHeader('Content-Length', 'the reason');
    response.end('x');
  },
  'sets a header that cannot be': (_request, response) => {
    response.setHeader('X-Bad', 'the reason\n');
  },
};

describe.each(Object.entries(failures))('a handler that %s', (_name, handler) => {
  it('is answered 500, and logged', async () => {
    const strays = uncaught();
    const site = await adapted(handler);
    const answer = await send(site);
    expect([answer.status, String(answer.body), answer.complete]).toEqual([
      '500 Internal Server Error',
      'Internal Server Error\n',
      true,
    ]);
    expect(answer.headers.map(([name]) => name)).toEqual(['Content-Type', 'Content-Length']);
    expect(site.log).toMatchObject([{ level: 'error', message: 'application error' }]);
    expect(String(site.log[0]?.fields?.error)).toMatch(/reason|X-Bad/);
    expect(strays).toEqual([]);
  });
});

const cuts: Record<string, NodeHandler> = {
  rejects: async (_request, response) => {
    response.write('begun');
    await new Promise((resolve) => setTimeout(resolve, 5));
    throw new Error('the reason');
  },
  'destroys its response': (_request, response) => {
    response.write('begun');
    setTimeout(() => response.destroy(new Error('the reason')), 5);
  },
  'destroys its request': (request, response) => {
    response.write('begun');
    setTimeout(() => request.socket.destroy(new Error('the reason')), 5);
  },
  'sends less than it said': (_request, response) => {
    response.setHeader('Content-Length', 10);
    response.write('begun');
    setTimeout(() => response.end(), 5);
  },
};

describe.each(Object.entries(cuts))(
  'a handler that has begun its answer and %s',
  (_name, handler) => {
    it('is cut off, and logged', async () => {
      const strays = uncaught();
      const site = await adapted(handler);
      const answer = await send(site);
      expect([answer.status, String(answer.body), answer.complete]).toEqual([
        '200 OK',
        'begun',
        false,
      ]);
      expect(site.log).toMatchObject([{ level: 'error', message: 'application error' }]);
      expect(strays).toEqual([]);
    });
  },
);

describe('a handler', () => {
  it('that destroys its response without an error has no answer', async () => {
    const site = await adapted((_request, response) => {
      response.destroy();
    });
    expect((await send(site)).status).toBe('502 Bad Gateway');
    expect(site.log).toMatchObject([{ level: 'warn', message: 'no answer' }]);
  });

  it('that never answers is answered 504, and hears of it', async () => {
    const heard: string[] = [];
    const handler: NodeHandler = (request, response) => {
      request.on('aborted', () => heard.push('aborted'));
      response.on('close', () => heard.push('close'));
    };
    const site = await serving(fromNode(handler), { timeout: 0.05 });
    expect((await send(site)).status).toBe('504 Gateway Timeout');
    await until(() => heard.length === 2);
    expect(heard).toEqual(['aborted', 'close']);
  });

  it('that sends more than it said is cut to that, and logged', async () => {
    const site = await adapted((_request, response) => {
      response.setHeader('Content-Length', 4);
      response.end('much more');
    });
    const answer = await send(site);
    expect([String(answer.body), answer.complete]).toEqual(['much', true]);
    expect(site.log).toMatchObject([{ fields: { code: 'long-body' } }]);
  });

  it.each<[string, NodeHandler]>([
    [
      'throws',
      (_request, response) => {
        response.end('answered');
        throw new Error('the reason');
      },
    ],
    [
      'rejects',
      async (_request, response) => {
        response.end('answered');
        throw new Error('the reason');
      },
    ],
    [
      'writes',
      (_request, response) => {
        response.end('answered');
        response.write('the reason');
      },
    ],
    [
      'writes later',
      async (_request, response) => {
        await null;
        response.end('answered');
        response.end('the reason');
      },
    ],
  ])('that %s after its answer harms nobody', async (what, handler) => {
    const strays = uncaught();
    const site = await adapted(handler);
    const answer = await send(site);
    expect([answer.status, String(answer.body)]).toEqual(['200 OK', 'answered']);
    expect((await send(site)).status).toBe('200 OK');
    await until(() => site.errors() !== '');
    expect(site.errors()).toMatch(what.startsWith('writes') ? 'write after end' : 'the reason');
    expect(strays).toEqual([]);
  });

  it('may throw in its listeners', async () => {
    const strays = uncaught();
    const site = await adapted((_request, response) => {
      response.on('finish', () => {
        throw new Error('the reason');
      });
      response.end('answered');
    });
    expect(String((await send(site)).body)).toBe('answered');
    await until(() => site.errors().includes('the reason'));
    expect(strays).toEqual([]);
  });

  it('may try another head when the first was refused', async () => {
    const site = await adapted((_request, response) => {
      expect(() => response.writeHead(101)).toThrow('the connection belongs to the gateway');
      expect(() => response.writeHead(200, { 'Content-Length': 'x' })).toThrow('Content-Length');
      expect(response.headersSent).toBe(false);
      response.writeHead(400, { 'X-Tab': 'a\tb' }).end();
    });
    const answer = await send(site);
    expect(answer.status).toBe('400 Bad Request');
    expect(answer.headers).toContainEqual(['X-Tab', 'a b']);
  });

  it('cannot upgrade the connection, and is told so', async () => {
    const site = await adapted((request, response) => {
      expect(request.headers.upgrade).toBe('websocket');
      expect(() => request.socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')).toThrow(
        'belongs to the gateway',
      );
      response.writeHead(426).end();
    });
    const headers = { Connection: 'Upgrade', Upgrade: 'websocket' };
    expect((await send(site, { headers })).status).toBe('426 Upgrade Required');
  });

  it('hears of a timeout that it set, or is cut off by it', async () => {
    const site = await adapted((request, response) => {
      if (request.url === '/heard') response.setTimeout(10, () => response.end('timed out'));
      else request.setTimeout(10);
    });
    expect(String((await send(site, { path: '/heard' })).body)).toBe('timed out');
    expect((await send(site, { path: '/unheard' })).status).toBe('502 Bad Gateway');
  });
});

it.each([undefined, null, 'text', {}, { callback: 1 }])('%o is no handler', (value) => {
  expect(() => fromNode(value as unknown as NodeHandler)).toThrow('not a Node handler');
});

it('an application that does not become ready is answered 500, and logged', async () => {
  const strays = uncaught();
  const site = await adapted(Promise.reject(new Error('the reason')));
  expect((await send(site)).status).toBe('500 Internal Server Error');
  expect(site.log).toMatchObject([{ fields: { error: { message: 'the reason' } } }]);
  expect(strays).toEqual([]);
});
