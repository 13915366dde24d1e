import { matrix } from './matrix.ts';

matrix('express5');
