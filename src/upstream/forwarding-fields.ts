/** Fields that tell an upstream of the client and of this server. */

import { quotePath } from '../wsgi/request-target.ts';
import type { Environ } from '../wsgi/types.ts';

/** What is told, and whether what the request says itself counts. */
export interface ForwardingOptions {
  /** `x-forwarded`, `forwarded`, `both` or `none`. */
  readonly forwarded: string;
  readonly trustForwarded: boolean;
  /** The name for Via, or empty. */
  readonly via: string;
}

/** Such fields of requests, which anybody can make up. */
export const FORWARDING_VARIABLES: ReadonlySet<string> = new Set([
  'HTTP_FORWARDED',
  'HTTP_X_FORWARDED_FOR',
  'HTTP_X_FORWARDED_PROTO',
  'HTTP_X_FORWARDED_HOST',
  'HTTP_X_FORWARDED_PORT',
  'HTTP_X_FORWARDED_PREFIX',
  'HTTP_X_FORWARDED_SERVER',
  'HTTP_X_FORWARDED_SSL',
  'HTTP_X_FORWARDED_BY',
  'HTTP_X_REAL_IP',
]);

/** Adds the fields for one request to a list of variables. */
export type AddForwardingFields = (environ: Environ, names: string[], values: string[]) => void;

/**
 * Makes what adds `X-Forwarded-*`, `Forwarded` (RFC 7239) and `Via` (RFC 9110 §7.6.3).
 *
 * @param tellsPrefix - whether the path that the application is mounted at is told: where it is not
 *   part of the path that is sent.
 */
export function forwardingFields(
  { forwarded, trustForwarded, via }: ForwardingOptions,
  tellsPrefix: boolean,
): AddForwardingFields {
  const xForwarded = forwarded === 'x-forwarded' || forwarded === 'both';
  const standard = forwarded === 'forwarded' || forwarded === 'both';
  return (environ, names, values) => {
    // What was said before, if it counts, goes first.
    const said = (name: string) => (trustForwarded ? textOf(environ[name]) : '');
    const add = (name: string, value: string) => {
      if (value === '') return;
      names.push(name);
      values.push(value);
    };
    const client = textOf(environ['REMOTE_ADDR']);
    const scheme = environ['wsgi.url_scheme'];
    const host = textOf(environ['HTTP_HOST']);
    if (xForwarded) {
      add('HTTP_X_FORWARDED_FOR', joined(said('HTTP_X_FORWARDED_FOR'), client));
      add('HTTP_X_FORWARDED_PROTO', said('HTTP_X_FORWARDED_PROTO') || scheme);
      add('HTTP_X_FORWARDED_HOST', said('HTTP_X_FORWARDED_HOST') || host);
      if (tellsPrefix && (environ.SCRIPT_NAME !== '' || trustForwarded)) {
        add(
          'HTTP_X_FORWARDED_PREFIX',
          said('HTTP_X_FORWARDED_PREFIX') + quotePath(environ.SCRIPT_NAME),
        );
      }
    }
    if (standard) {
      add('HTTP_FORWARDED', joined(said('HTTP_FORWARDED'), element(client, scheme, host)));
    }
    if (trustForwarded) {
      for (const name of FORWARDING_VARIABLES) {
        if (!names.includes(name)) add(name, said(name));
      }
    }
    if (via !== '') {
      const version = environ.SERVER_PROTOCOL === 'HTTP/1.0' ? '1.0' : '1.1';
      add('HTTP_VIA', joined(textOf(environ['HTTP_VIA']), `${version} ${via}`));
    }
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function joined(before: string, value: string): string {
  if (before === '' || value === '') return before + value;
  return `${before}, ${value}`;
}

/** An element of Forwarded. Colons and brackets need quotes. (RFC 7239 §4, §6) */
function element(client: string, scheme: string, host: string): string {
  const node = client === '' ? 'unknown' : client.includes(':') ? `"[${client}]"` : client;
  const name = host === '' ? '' : `;host="${host.replace(/["\\]/g, '\\$&')}"`;
  return `for=${node};proto=${scheme}${name}`;
}
