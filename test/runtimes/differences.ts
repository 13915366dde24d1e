/**
 * Cases of the conformance kit that say nothing of wizgi in a runtime: what a Request or a Response cannot
 * express, and what the runtime's own HTTP server does.
 */
import type { Runtime } from './runtimes.ts';

/** A Request does not tell them: the version of HTTP, and the content of a GET. */
const fetchItself = ['environ.server-protocol.http-1-0', 'input.any-method'];

const bun = [
  // Its parser knows the registered methods only, in capitals.
  'environ.request-method.unknown',
  'environ.request-method.case',
  'environ.path-info.not-normalised',
  // Reasons are its own.
  'status.reason',
  'status.octets',
  'status.empty-reason',
  // A stream that ends at once is sent with its length.
  'length.unknown.chunked',
  'expect.http-1-0',
  'framing.host.twice',
  'framing.host.bad',
  'framing.empty-line',
];

const deno = [
  'status.reason',
  'status.octets',
  'expect.http-1-0',
  'framing.coding.gzip',
  'framing.host.missing',
  'framing.host.bad',
];

const workerd = [
  'environ.request-method.unknown',
  'environ.path-info.not-normalised',
  // Answered 500 before a worker is asked.
  'environ.absolute-target',
  // Cookie is joined as other fields are.
  'fields.cookies',
  // Text is UTF-8: other octets are lost.
  'fields.octets',
  'headers.octets',
  'status.octets',
  // Cloudflare's edge adds it.
  'headers.date',
  // Its chunk parser knows no extensions.
  'input.chunked.extensions',
  // A stream that fails ends like any other, if its length is not known.
  'errors.cut.unknown-length',
  // fs.read needs a position.
  'file.open',
  'file.position',
  'file.empty',
  'file.length',
  'file.hidden',
  'file.close',
  'file.head',
  'file.304',
  // Connections stay open, whatever they are told, and HTTP/1.0 is taken for 1.1.
  'write.too-much.not-sent',
  'length.surplus',
  'length.http-1-0',
  'head.no-content',
  '204.content',
  '304.content',
  'connection.close',
  'connection.http-1-0',
  'expect.continue',
  'framing.both',
  'framing.coding.http-1-0',
  'framing.coding.twice',
  'framing.coding.gzip',
  'framing.length.empty',
  'framing.field.space',
  'framing.host.missing',
  'framing.host.twice',
  'framing.host.bad',
  'framing.version',
  'framing.empty-line',
];

export const differences: Readonly<Record<Runtime, readonly string[]>> = {
  bun: [...fetchItself, ...bun],
  deno: [...fetchItself, ...deno],
  workerd: [...fetchItself, ...workerd],
};
