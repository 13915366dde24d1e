import { fetch } from './handler.js';

Bun.serve({ fetch });
