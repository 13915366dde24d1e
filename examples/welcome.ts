/**
 * The page that `npm start` shows: your request as the application sees it, a response that streams,
 * an upload, and the other examples.
 */
import { readFileSync } from 'node:fs';
import { type Application, type HeaderList, streaming } from 'wizgi';
import { Countdown } from './class-app.ts';
import { application as errorRestart } from './error-restart.ts';
import { application as generator } from './generator.ts';
import { application as hello } from './hello.ts';
import { application as legacyWrite } from './legacy-write.ts';
import { application as shouting } from './middleware.ts';
import { application as counter } from './object-app.ts';
import { application as pathInfo } from './path-info.ts';
import { route, application as routing } from './routing.ts';
import { application as stream } from './stream.ts';
import { application as upload } from './upload.ts';
import { welcomePage } from './welcome/page.ts';

/** A file of this example, read once at the start. */
function file(name: string, type: string): Application {
  const content = readFileSync(new URL(`./welcome/${name}`, import.meta.url));
  return (_environ, startResponse) => {
    startResponse('200 OK', [['Content-Type', `${type}; charset=utf-8`]]);
    return [content];
  };
}

const home: Application = (environ, startResponse) => {
  if (environ.PATH_INFO !== '/') {
    startResponse('404 Not Found', [['Content-Type', 'text/plain; charset=utf-8']]);
    return ['There is nothing here.\n'];
  }
  const headers: HeaderList = [
    ['Content-Type', 'text/html; charset=utf-8'],
    ['Cache-Control', 'no-store'],
    ['Content-Security-Policy', "default-src 'self'; img-src data:; frame-ancestors 'none'"],
  ];
  startResponse('200 OK', headers);
  return [welcomePage(environ)];
};

// Marked, because one of the examples reads uploads as they come.
export const application = streaming(
  route(
    {
      hello,
      'path-info': pathInfo,
      'class-app': Countdown,
      'object-app': counter,
      generator,
      'legacy-write': legacyWrite,
      'error-restart': errorRestart,
      middleware: shouting,
      routing,
      stream,
      upload,
      'style.css': file('style.css', 'text/css'),
      'script.js': file('script.js', 'text/javascript'),
    },
    home,
  ),
);
