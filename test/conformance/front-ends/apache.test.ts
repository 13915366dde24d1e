import { suiteBehind } from './behind.ts';

suiteBehind('apache-http.conf');
suiteBehind('apache-fcgi.conf');
suiteBehind('apache-scgi.conf');
suiteBehind('apache-uwsgi.conf');
suiteBehind('apache-ajp.conf');
suiteBehind('apache-jk.conf');
