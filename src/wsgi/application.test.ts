import { describe, expect, it, vi } from 'vitest';
import { asApplication, isStreaming, pipeline, streaming } from './application.ts';
import type { Application, ApplicationLike, Environ, Middleware, StartResponse } from './types.ts';
import { setupTestingDefaults } from './util.ts';

const environ = setupTestingDefaults();
const startResponse: StartResponse = () => () => undefined;
const plain: Application = () => ['plain'];

const tag =
  (name: string): Middleware =>
  (app) =>
  (given, start) => [`${name}(`, ...(app(given, start) as string[]), ')'];

describe('asApplication', () => {
  it('gives a function as it is', () => {
    expect(asApplication(plain)).toBe(plain);
    const generator: Application = function* () {
      yield 'a';
    };
    expect(asApplication(generator)).toBe(generator);
    const bound = plain.bind(null);
    expect(asApplication(bound)).toBe(bound);
    const callable = new Proxy(plain, {});
    expect(asApplication(callable)).toBe(callable);
  });

  it('makes an instance of a class for every request', () => {
    class App {
      readonly environ: Environ;
      readonly start: StartResponse;

      constructor(given: Environ, start: StartResponse) {
        this.environ = given;
        this.start = start;
      }

      *[Symbol.iterator]() {
        yield 'class';
      }
    }
    const app = asApplication(App);
    const body = app(environ, startResponse) as App;
    expect(body).toBeInstanceOf(App);
    expect(body.environ).toBe(environ);
    expect(body.start).toBe(startResponse);
    expect(app(environ, startResponse)).not.toBe(body);
    class Derived extends App {}
    expect(asApplication(Derived)(environ, startResponse)).toBeInstanceOf(Derived);
  });

  it('calls an object with itself as this', () => {
    const app = {
      greeting: 'object',
      call(given: Environ, start: StartResponse) {
        expect([given, start]).toEqual([environ, startResponse]);
        return [this.greeting];
      },
    };
    expect(asApplication(app)(environ, startResponse)).toEqual(['object']);
  });

  it('refuses the rest', () => {
    for (const value of [null, undefined, 'app', 7, {}, { call: 'x' }, []]) {
      expect(() => asApplication(value as unknown as ApplicationLike)).toThrow(TypeError);
    }
  });
});

describe('streaming', () => {
  it('marks a wrapper and leaves the application as it is', () => {
    const marked = streaming(plain);
    expect(isStreaming(marked)).toBe(true);
    expect(isStreaming(plain)).toBe(false);
    expect(marked(environ, startResponse)).toEqual(['plain']);
  });

  it('is known to every copy of the module', async () => {
    const marked = streaming(plain);
    vi.resetModules();
    const copy = await import('./application.ts');
    expect(copy.isStreaming).not.toBe(isStreaming);
    expect(copy.isStreaming(marked)).toBe(true);
    expect(isStreaming(copy.streaming(plain))).toBe(true);
  });
});

describe('pipeline', () => {
  it('wraps in the order in which a request meets the middleware', () => {
    const app = pipeline(tag('a'), tag('b'), plain);
    expect((app(environ, startResponse) as string[]).join('')).toBe('a(b(plain))');
  });

  it('takes every form of application, and no middleware', () => {
    expect(pipeline(plain)).toBe(plain);
    const object = { call: () => ['object'] };
    const body = pipeline(tag('a'), object)(environ, startResponse) as string[];
    expect(body.join('')).toBe('a(object)');
  });

  it('carries the streaming mark through', () => {
    expect(isStreaming(pipeline(tag('a'), streaming(plain)))).toBe(true);
    expect(isStreaming(pipeline(tag('a'), plain))).toBe(false);
    const marked = streaming(plain);
    expect(pipeline(marked)).toBe(marked);
  });

  it('keeps sync sync', () => {
    expect(Array.isArray(pipeline(tag('a'), streaming(plain))(environ, startResponse))).toBe(true);
  });

  it('refuses to end in anything but an application', () => {
    const steps = [] as unknown as [ApplicationLike];
    expect(() => pipeline(...steps)).toThrow(TypeError);
  });
});
