import { serve } from '../../dist/index.js';
import { forward } from '../../dist/upstream/index.js';

const server = await serve(forward(process.argv[3]), { bind: ['127.0.0.1:0'] });
console.log('listening', server.addresses[0]);
