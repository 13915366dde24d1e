import { serve } from '../../dist/index.js';
import { applications } from './wizgi-applications.mjs';

const server = await serve(applications[process.argv[2]], { bind: ['127.0.0.1:0'] });
console.log('listening', server.addresses[0]);
