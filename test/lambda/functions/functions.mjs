/** Functions for Lambda's runtime: the same application, whole and streamed. */
import { toLambda, toLambdaStream } from 'wizgi/lambda';
import { kitApplication } from 'wizgi/testing';

const TEXT = ['Content-Type', 'text/plain; charset=utf-8'];

const routes = {
  '/hello'(environ, startResponse) {
    startResponse('200 OK', [TEXT, ['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2']]);
    return [`Hello from ${environ['wizgi.lambda.context'].functionName}\n`];
  },
  '/bytes'(_environ, startResponse) {
    startResponse('200 OK', [['Content-Type', 'application/octet-stream']]);
    return [Uint8Array.from({ length: 256 }, (_, index) => index)];
  },
  '/echo'(environ, startResponse) {
    startResponse('200 OK', [['Content-Type', environ.CONTENT_TYPE ?? 'text/plain']]);
    return [environ['wsgi.input'].read()];
  },
  '/none'(_environ, startResponse) {
    startResponse('204 No Content', []);
    return [];
  },
  '/throw'() {
    throw new Error('thrown by the application');
  },
  async *'/break'() {
    yield 'some';
    throw new Error('thrown after data');
  },
  async *'/blocks'() {
    for (let number = 1; number <= 3; number++) yield `block ${number}\n`;
  },
  async *'/large'() {
    for (let number = 0; number < 128; number++) yield Buffer.alloc(64 * 1024, number);
  },
  '/timer'(_environ, startResponse) {
    setInterval(() => undefined, 1000);
    startResponse('200 OK', [TEXT]);
    return ['ticking'];
  },
  '/never'(environ) {
    environ['wizgi.signal'].addEventListener('abort', () => console.log('the signal fired'));
    return new Promise(() => undefined);
  },
  async *'/stuck'() {
    yield 'some';
    await new Promise(() => undefined);
  },
};

function application(environ, startResponse) {
  const route = routes[environ.PATH_INFO];
  if (route === undefined) {
    startResponse('404 Not Found', [TEXT]);
    return ['Not Found\n'];
  }
  if (route.constructor.name === 'AsyncGeneratorFunction') startResponse('200 OK', [TEXT]);
  return route(environ, startResponse);
}

export const whole = toLambda(application);
export const streamed = toLambdaStream(application);
export const kit = toLambda(kitApplication);
