import { suiteBehind } from './behind.ts';

suiteBehind('lighttpd-http.conf');
suiteBehind('lighttpd-fastcgi.conf');
suiteBehind('lighttpd-scgi.conf');
suiteBehind('lighttpd-uwsgi.conf');
suiteBehind('lighttpd-ajp.conf');
