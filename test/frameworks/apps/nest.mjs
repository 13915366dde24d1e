/** Decorators are applied by hand: plain JavaScript has no syntax for them, and Nest needs no types here. */
import 'reflect-metadata';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  Headers,
  HttpCode,
  HttpException,
  Inject,
  Injectable,
  Module,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  Put,
  Query,
  Redirect,
  Req,
  Res,
  Sse,
  StreamableFile,
  UploadedFiles,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AnyFilesInterceptor } from '@nestjs/platform-express';
import session from 'express-session';
import { concat, from, map, of } from 'rxjs';
import { digest, echoed, file, Gate, LARGE, PUBLIC } from './content.mjs';

class Greetings {
  hello() {
    return 'Hello, world!';
  }
}
Injectable()(Greetings);

class Site {
  constructor(greetings) {
    this.greetings = greetings;
    this.gate = new Gate();
  }

  root() {
    return this.greetings.hello();
  }
  json() {
    return { hello: 'wörld', list: [1, 2] };
  }
  postJson(received) {
    return { received };
  }
  form(fields) {
    return fields;
  }
  upload(uploaded, fields) {
    const files = uploaded.map(({ fieldname, originalname, mimetype, buffer }) =>
      file(fieldname, originalname, mimetype, buffer),
    );
    return { fields, files };
  }
  count(request) {
    request.session.count = (request.session.count ?? 0) + 1;
    return `visit ${request.session.count}`;
  }
  cookies(response) {
    response.cookie('plain', '1').cookie('coded', 'ü', { httpOnly: true });
    return 'set';
  }
  redirect() {}
  file() {
    return new StreamableFile(createReadStream(join(PUBLIC, 'large.txt')), { type: 'text/plain' });
  }
  events() {
    return concat(of('one'), from(this.gate.wait().then(() => 'two'))).pipe(
      map((data) => ({ data })),
    );
  }
  eventsGo() {
    this.gate.open();
  }
  large(response) {
    response.type('application/octet-stream').send(LARGE);
  }
  postLarge({ text }) {
    return { size: text.length, digest: digest(text) };
  }
  error() {
    throw new Error('thrown');
  }
  handled() {
    throw new HttpException({ error: 'handled' }, 418);
  }
  item(id) {
    return { id };
  }
  path(name) {
    return { name };
  }
  query(query) {
    return query;
  }
  headers(headers) {
    return echoed(headers);
  }
  status(code, response) {
    response.status(Number(code)).end();
  }
  put(body) {
    return { put: body };
  }
  patch(body) {
    return { patched: body };
  }
  remove() {}
}

/** Applies decorators to a method, and to its parameters in their order. */
function route(name, decorators, parameters = []) {
  const descriptor = Object.getOwnPropertyDescriptor(Site.prototype, name);
  for (const decorate of decorators) decorate(Site.prototype, name, descriptor);
  for (const [index, decorate] of parameters.entries()) decorate(Site.prototype, name, index);
}

Controller()(Site);
Inject(Greetings)(Site, undefined, 0);
route('root', [Get('/')]);
route('json', [Get('/json')]);
route('postJson', [Post('/json')], [Body()]);
route('form', [Post('/form'), HttpCode(200)], [Body()]);
route(
  'upload',
  [Post('/upload'), UseInterceptors(AnyFilesInterceptor())],
  [UploadedFiles(), Body()],
);
route('count', [Get('/count')], [Req()]);
route('cookies', [Get('/cookies')], [Res({ passthrough: true })]);
route('redirect', [Get('/redirect'), Redirect('/json?after=redirect', 301)]);
route('file', [Get('/file'), Header('X-Own', 'yes')]);
route('events', [Sse('/events')]);
route('eventsGo', [Get('/events/go'), HttpCode(204)]);
route('large', [Get('/large')], [Res()]);
route('postLarge', [Post('/large')], [Body()]);
route('error', [Get('/error')]);
route('handled', [Get('/error/handled')]);
route('item', [Get('/items/:id')], [Param('id', ParseIntPipe)]);
route('path', [Get('/path/:name')], [Param('name')]);
route('query', [Get('/query')], [Query()]);
route('headers', [Get('/headers')], [Headers()]);
route('status', [Get('/status/:code')], [Param('code'), Res()]);
route('put', [Put('/method')], [Body()]);
route('patch', [Patch('/method')], [Body()]);
route('remove', [Delete('/method'), HttpCode(204)]);

class SiteModule {}
Module({ controllers: [Site], providers: [Greetings] })(SiteModule);

async function create() {
  const app = await NestFactory.create(SiteModule, { logger: false, bodyParser: true });
  app.useBodyParser('json', { limit: '4mb' });
  app.use('/count', session({ secret: 'for tests', resave: false, saveUninitialized: false }));
  app.useStaticAssets(PUBLIC, { prefix: '/static/' });
  return app;
}

/** The command awaits it. */
export const app = create();
