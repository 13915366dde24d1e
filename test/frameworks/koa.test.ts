import { matrix } from './matrix.ts';

matrix('koa');
