import { suiteBehind } from './behind.ts';

suiteBehind('haproxy-http.cfg');
suiteBehind('haproxy-fcgi.cfg');
