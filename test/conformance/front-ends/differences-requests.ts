/** What web servers do to requests. */
import { expect } from 'vitest';
import { environOf } from '../apps.ts';
import { type Harness, type RequestSpec, serving } from '../harness.ts';
import type { Difference } from './difference.ts';

const APACHE_META = ['apache-fcgi.conf', 'apache-scgi.conf', 'apache-uwsgi.conf'];
const APACHE_AJP = ['apache-ajp.conf', 'apache-jk.conf'];
const APACHE = ['apache-http.conf', ...APACHE_META, ...APACHE_AJP];
const NGINX_META = ['nginx-fastcgi.conf', 'nginx-scgi.conf', 'nginx-uwsgi.conf'];
const NGINX = ['nginx-http.conf', ...NGINX_META];
const LIGHTTPD_META = ['lighttpd-fastcgi.conf', 'lighttpd-scgi.conf', 'lighttpd-uwsgi.conf'];
const LIGHTTPD = ['lighttpd-http.conf', ...LIGHTTPD_META, 'lighttpd-ajp.conf'];

/** A request that no application gets, and what is answered instead. */
function refused(status: number, ...specs: RequestSpec[]) {
  return async (harness: Harness): Promise<void> => {
    const calls: string[] = [];
    const served = await serving(harness, (environ, startResponse) => {
      calls.push(environ.PATH_INFO);
      startResponse('200 OK', []);
      return ['called'];
    });
    for (const spec of specs) expect((await served.request(spec)).status).toBe(status);
    expect(calls).toEqual([]);
  };
}

/** A request, and what of it an application gets. */
function becomes(spec: RequestSpec, expected: Readonly<Record<string, unknown>>) {
  return async (harness: Harness): Promise<void> => {
    expect(await environOf(harness, spec)).toMatchObject(expected);
  };
}

const forwarding: RequestSpec = { headers: [['X-Forwarded-For', 'client']] };
const BROKEN_PATHS = ['ENV-7 /%zz/a//b/../c ', 'ENV-7 /% ', 'ENV-7 /%2 '];

export const requests: readonly Difference[] = [
  {
    instead: 'refuses methods in lower case, with 400',
    behind: NGINX,
    cases: ['ENV-2 the method get '],
    shown: refused(400, { method: 'get' }),
  },
  {
    instead: 'refuses methods that it does not know, with 501',
    behind: LIGHTTPD,
    cases: ['ENV-2 the method BREW ', 'ENV-2 the method get ', 'ENV-2 the method M-SEARCH '],
    shown: refused(501, { method: 'BREW' }, { method: 'get' }, { method: 'M-SEARCH' }),
  },
  {
    instead: 'refuses paths with a broken percent sign, with 400',
    behind: [...NGINX, ...APACHE],
    cases: BROKEN_PATHS,
    shown: refused(400, { target: '/%zz' }, { target: '/%' }, { target: '/%2' }),
  },
  {
    instead: 'refuses paths with a broken percent sign, with 500',
    behind: ['haproxy-fcgi.cfg'],
    cases: BROKEN_PATHS,
    shown: refused(500, { target: '/%zz' }, { target: '/%' }, { target: '/%2' }),
  },
  {
    instead: 'removes dot segments from the path',
    behind: [...NGINX_META, ...APACHE_META, 'apache-jk.conf', ...LIGHTTPD],
    cases: ['ENV-7 /./ '],
    shown: becomes({ target: '/a/../b/./c' }, { PATH_INFO: '/b/c' }),
  },
  {
    instead: 'makes one of several slashes at the beginning of a path',
    behind: APACHE,
    cases: ['ENV-7 //x '],
    shown: becomes({ target: '//x//y' }, { PATH_INFO: '/x//y' }),
  },
  {
    instead: 'makes one of several slashes anywhere in a path',
    behind: LIGHTTPD,
    cases: ['ENV-7 //x ', 'ENV-7 /%zz/a//b/../c '],
    shown: becomes({ target: '//x//y' }, { PATH_INFO: '/x/y' }),
  },
  {
    instead: 'has `REQUEST_URI` with the path normalised',
    behind: ['lighttpd-http.conf', 'lighttpd-ajp.conf', 'apache-jk.conf'],
    cases: ['ENV-31, URL-6 ', 'URL-6 '],
    shown: becomes({ target: '/a%2Fb' }, { PATH_INFO: '/a/b', REQUEST_URI: '/a/b' }),
  },
  {
    instead: 'encodes a broken percent sign of a query',
    behind: LIGHTTPD,
    cases: ['ENV-8, ENV-9 the query of /?+&%zz '],
    shown: becomes({ target: '/?+&%zz' }, { QUERY_STRING: '+&%25zz' }),
  },
  {
    instead: 'refuses targets that are not UTF-8, with 400',
    behind: LIGHTTPD,
    cases: ['ENV-19, ENV-20, ENV-21 '],
    shown: refused(400, { target: '/?x=%ff' }),
  },
  {
    instead: 'refuses `OPTIONS *`, with 400',
    behind: NGINX,
    cases: ['ENV-30 '],
    shown: refused(400, { method: 'OPTIONS', target: '*' }),
  },
  {
    instead: 'refuses `OPTIONS *`, with 500',
    behind: ['haproxy-fcgi.cfg'],
    cases: ['ENV-30 '],
    shown: refused(500, { method: 'OPTIONS', target: '*' }),
  },
  {
    instead: 'answers `OPTIONS *` itself',
    behind: [...APACHE, ...LIGHTTPD],
    cases: ['ENV-30 '],
    shown: refused(200, { method: 'OPTIONS', target: '*' }),
  },
  {
    instead: 'speaks HTTP/1.1 with the gateway, whatever the client speaks',
    behind: ['nginx-http.conf', 'apache-http.conf', 'lighttpd-http.conf'],
    cases: ['ENV-14 the protocol is HTTP/1.0'],
    shown: becomes({ protocol: 'HTTP/1.0' }, { SERVER_PROTOCOL: 'HTTP/1.1' }),
  },
  {
    instead: 'has `Connection` and `TE` as they are between it and the gateway',
    behind: ['nginx-http.conf', 'apache-http.conf', 'lighttpd-http.conf'],
    cases: ['HOP-5 '],
    shown: async (harness) => {
      const headers = [['Connection', 'te']] as const;
      expect((await environOf(harness, { headers }))['HTTP_CONNECTION']).not.toBe('te');
    },
  },
  {
    instead: 'keeps `Connection` and `TE` to itself',
    behind: ['haproxy-fcgi.cfg'],
    cases: ['HOP-5 '],
    shown: async (harness) => {
      const headers = [
        ['Connection', 'te'],
        ['TE', 'trailers'],
      ] as const;
      const keys = Object.keys(await environOf(harness, { headers }));
      expect(keys.filter((key) => key === 'HTTP_CONNECTION' || key === 'HTTP_TE')).toEqual([]);
    },
  },
  {
    instead: 'says itself who the client is, in place of its `X-Forwarded-For`',
    behind: ['nginx-http.conf', 'apache-http.conf', 'haproxy-http.cfg'],
    cases: ['ENV-17, ENV-18, ENV-33 '],
    shown: becomes(forwarding, { HTTP_X_FORWARDED_FOR: '127.0.0.1' }),
  },
  {
    instead: 'adds the client to its `X-Forwarded-For`: only the last address is true',
    behind: ['lighttpd-http.conf'],
    cases: ['ENV-17, ENV-18, ENV-33 '],
    shown: becomes(forwarding, { HTTP_X_FORWARDED_FOR: 'client, 127.0.0.1' }),
  },
  {
    instead: 'takes `X_Y` for `X-Y`: clients can pass for a proxy in front of it',
    behind: LIGHTTPD_META,
    cases: ['ENV-17, ENV-18, ENV-33 '],
    omitted: 'slow',
    shown: becomes({ headers: [['X_Forwarded_For', 'evil']] }, { HTTP_X_FORWARDED_FOR: 'evil' }),
  },
  {
    instead: 'joins several `Cookie` fields with a comma',
    behind: APACHE,
    cases: ['ENV-16 '],
    shown: becomes(
      {
        headers: [
          ['Cookie', 'a=1'],
          ['Cookie', 'b=2'],
        ],
      },
      { HTTP_COOKIE: 'a=1, b=2' },
    ),
  },
  {
    instead: 'drops empty header fields',
    behind: LIGHTTPD,
    cases: ['ENV-15 '],
    shown: async (harness) => {
      expect(Object.keys(await environOf(harness, { headers: [['X-E', '']] }))).not.toContain(
        'HTTP_X_E',
      );
    },
  },
  {
    instead: 'gives variables of its own process, such as `PATH`',
    behind: APACHE_META,
    cases: ['ENV-26 '],
    shown: becomes({}, { PATH: expect.any(String) }),
  },
  {
    instead: 'names itself in `SERVER_SOFTWARE`',
    behind: [...APACHE_META, ...LIGHTTPD_META, 'haproxy-fcgi.cfg'],
    cases: ['ENV-27 '],
    shown: becomes({}, { SERVER_SOFTWARE: expect.stringMatching(/^(Apache|lighttpd|HAProxy)/) }),
  },
  {
    instead: "does not tell the client's port",
    behind: ['lighttpd-ajp.conf'],
    cases: ['ENV-27 '],
    shown: becomes({}, { REMOTE_PORT: '' }),
  },
];
