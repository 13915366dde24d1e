import { fetch } from './handler.js';

export default { fetch };
