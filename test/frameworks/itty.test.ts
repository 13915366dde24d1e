import { matrix } from './matrix.ts';

matrix('itty');
