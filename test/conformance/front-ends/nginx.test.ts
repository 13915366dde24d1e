import { suiteBehind } from './behind.ts';

suiteBehind('nginx-http.conf');
suiteBehind('nginx-fastcgi.conf');
suiteBehind('nginx-scgi.conf');
suiteBehind('nginx-uwsgi.conf');
