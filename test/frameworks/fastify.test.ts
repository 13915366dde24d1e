import { matrix } from './matrix.ts';

matrix('fastify');
