import { guardProcess } from './process.ts';

export { type CgiOptions, cgi } from './cgi.ts';

// Before anything that is imported after this runs, and prints or looks for a proxy.
if (process.env['GATEWAY_INTERFACE']?.startsWith('CGI/')) guardProcess();
