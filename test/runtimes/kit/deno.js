import { fetch } from './handler.js';

Deno.serve(fetch);
