export { defineConfig, type WizgiConfig } from './config/config.ts';
export type { AccessEntry, AccessLog } from './gateways/access.ts';
export { ConfigurationError, type ServerOptions } from './gateways/options.ts';
export { type ServeOptions, type Server, serve } from './gateways/serve.ts';
export { asApplication, pipeline, streaming } from './wsgi/application.ts';
export { demoApp } from './wsgi/demo.ts';
export { TextErrorStream, type TextSink } from './wsgi/error-stream.ts';
export { WsgiError, type WsgiErrorCode } from './wsgi/errors.ts';
export { FileWrapper } from './wsgi/file-wrapper.ts';
export { Headers } from './wsgi/headers.ts';
export type { Log, LogFields } from './wsgi/log.ts';
export { mount } from './wsgi/mount.ts';
export { isHopByHop } from './wsgi/response-head.ts';
export type * from './wsgi/types.ts';
export {
  applicationUri,
  guessScheme,
  requestUri,
  setupTestingDefaults,
  shiftPathInfo,
} from './wsgi/util.ts';
