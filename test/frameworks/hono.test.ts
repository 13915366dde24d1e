import { matrix } from './matrix.ts';

matrix('hono');
