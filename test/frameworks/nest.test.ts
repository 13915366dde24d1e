import { matrix } from './matrix.ts';

matrix('nest');
