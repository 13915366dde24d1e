/** Applications of real frameworks: each makes one, and its handler for node:http. */
import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import fastifyCookie from '@fastify/cookie';
import fastifyForm from '@fastify/formbody';
import fastifyMultipart from '@fastify/multipart';
import fastifyStatic from '@fastify/static';
import Router from '@koa/router';
import bodyParser from 'body-parser';
import compression from 'compression';
import connect from 'connect';
import express5 from 'express';
import session from 'express-session';
import express4 from 'express4';
import fastify from 'fastify';
import Koa from 'koa';
import koaBody from 'koa-bodyparser';
import multer from 'multer';

const FILES = fileURLToPath(new URL('files', import.meta.url));
const TEXT = `${FILES}/text.txt`;

/** Sends three events, each when the one before has left. */
function sendEvents(res) {
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  let count = 0;
  const timer = setInterval(() => {
    res.write(`id: ${++count}\ndata: tick\n\n`);
    if (count < 3) return;
    clearInterval(timer);
    res.end();
  }, 2);
}

function expressApp(express) {
  const app = express();
  const upload = multer({ storage: multer.memoryStorage(), limits: { fileSize: 1000 } });
  app.use('/static', express.static(FILES));
  app.use('/compressed', compression({ threshold: 0 }));
  app.use(
    '/visits',
    session({ secret: 's', resave: false, saveUninitialized: true, cookie: { maxAge: 1e6 } }),
  );
  app.get('/compressed/text', (_req, res) => res.type('text').send('compressible '.repeat(200)));
  app.get('/compressed/file', (_req, res) => res.sendFile(TEXT));
  app.get('/visits', (req, res) => {
    req.session.count = (req.session.count ?? 0) + 1;
    res.json(req.session.count);
  });
  app.post('/json', express.json({ limit: 100 }), (req, res) => res.json(req.body));
  app.post('/form', express.urlencoded({ extended: true }), (req, res) => res.json(req.body));
  app.post('/text', bodyParser.text(), (req, res) => res.send(req.body));
  app.post('/upload', upload.single('file'), (req, res) => {
    res.json([req.body, req.file.originalname, req.file.buffer.toString()]);
  });
  app.get('/file', (_req, res) => res.sendFile(TEXT, { maxAge: 1000, lastModified: true }));
  app.get('/download', (_req, res) => res.download(TEXT, 'a "b" ü.txt'));
  app.get('/redirect', (_req, res) => res.redirect(301, '/elsewhere?a=ü'));
  app.get('/cookies', (_req, res) => {
    res.cookie('a', 'b c', { httpOnly: true, sameSite: 'lax' }).cookie('d', { e: 1 }).end('set');
  });
  app.get('/events', (_req, res) => sendEvents(res));
  app.get('/fresh', (_req, res) => res.send('with an ETag'));
  app.get('/thrown', () => {
    throw new Error('thrown');
  });
  app.get('/passed', (_req, _res, next) =>
    next(Object.assign(new Error('passed'), { status: 422 })),
  );
  app.get('/hop-by-hop', (_req, res) => {
    res.set({ Connection: 'close', 'Transfer-Encoding': 'chunked', 'X-Own': 'kept' }).end('x');
  });
  app.get('/bad-header', (_req, res) => res.set('X-Bad', 'a\nb').end());
  const api = express.Router();
  api.use((req, res) => res.json([req.url, req.baseUrl, req.originalUrl, req.path, req.query]));
  app.use('/api', api);
  app.use((error, req, res, next) => {
    if (req.url === '/thrown') next(error);
    else res.status(error.status ?? 500).json({ error: error.message });
  });
  return { app, handler: app };
}

function connectApp() {
  const app = connect();
  app.use(compression({ threshold: 0 }));
  app.use(bodyParser.json());
  app.use('/json', (req, res) => res.end(JSON.stringify(req.body)));
  app.use('/mounted', (req, res) => res.end(JSON.stringify([req.url, req.originalUrl])));
  app.use('/thrown', () => {
    throw new Error('thrown');
  });
  app.use('/events', (_req, res) => sendEvents(res));
  return { app, handler: app };
}

function koaApp() {
  const app = new Koa();
  const router = new Router();
  app.silent = true;
  app.use(koaBody());
  router.get('/text', (ctx) => {
    ctx.body = 'text';
  });
  router.post('/json', (ctx) => {
    ctx.body = ctx.request.body;
  });
  router.get('/stream', async (ctx) => {
    const { createReadStream } = await import('node:fs');
    ctx.type = 'text';
    ctx.body = createReadStream(TEXT);
  });
  router.get('/buffer', (ctx) => {
    ctx.set('X-Many', ['a', 'b']);
    ctx.body = Buffer.from([0, 1, 255]);
  });
  router.get('/thrown', () => {
    throw new Error('thrown');
  });
  router.get('/refused', (ctx) => ctx.throw(403, 'not you'));
  router.get('/own', (ctx) => {
    ctx.respond = false;
    ctx.res.statusCode = 202;
    ctx.res.end('own');
  });
  router.get('/nothing', (ctx) => {
    ctx.status = 204;
  });
  app.use(router.routes());
  return { app, handler: app.callback() };
}

async function fastifyApp() {
  const make = () => {
    const app = fastify();
    app.register(fastifyCookie);
    app.register(fastifyForm);
    app.register(fastifyMultipart);
    app.register(fastifyStatic, { root: FILES, prefix: '/static/' });
    app.addHook('onSend', async (_request, reply) => void reply.header('X-Hook', 'sent'));
    app.get('/json', async () => ({ hello: 'ü' }));
    app.post('/json', async (request) => request.body);
    app.post('/form', async (request) => request.body);
    app.post('/upload', async (request) => {
      const file = await request.file();
      return [file.filename, String(await file.toBuffer())];
    });
    app.get('/cookies', async (request, reply) => {
      reply.setCookie('a', 'b', { path: '/' }).setCookie('c', 'd');
      return request.cookies;
    });
    app.get('/stream', async (_request, reply) => {
      const { createReadStream } = await import('node:fs');
      return reply.type('text/plain').send(createReadStream(TEXT));
    });
    app.get('/thrown', async () => {
      throw new Error('thrown');
    });
    app.get('/hijacked', (_request, reply) => {
      reply.hijack();
      sendEvents(reply.raw);
    });
    app.get('/redirect', (_request, reply) => reply.redirect('/json'));
    return app;
  };
  const own = make();
  await own.ready();
  return { app: make(), handler: (req, res) => own.routing(req, res) };
}

async function nestApp() {
  const { Controller, Get, Post, Module, Body, HttpException } = await import('@nestjs/common');
  const { NestFactory } = await import('@nestjs/core');
  class Site {
    text() {
      return 'text';
    }
    json(body) {
      return { received: body };
    }
    refused() {
      throw new HttpException('not you', 403);
    }
  }
  const decorate = (decorator, method) =>
    decorator(Site.prototype, method, Object.getOwnPropertyDescriptor(Site.prototype, method));
  decorate(Get('text'), 'text');
  decorate(Post('json'), 'json');
  decorate(Get('refused'), 'refused');
  Body()(Site.prototype, 'json', 0);
  Controller()(Site);
  class App {}
  Module({ controllers: [Site] })(App);
  const make = () => NestFactory.create(App, { logger: false });
  const own = await make();
  await own.init();
  return { app: make(), handler: own.getHttpAdapter().getInstance() };
}

export const apps = {
  'Express 5': () => expressApp(express5),
  'Express 4': () => expressApp(express4),
  Connect: connectApp,
  Koa: koaApp,
  Fastify: fastifyApp,
  NestJS: nestApp,
};
