/** The kit's application alone, without anything of Node.js, to be served in any runtime. */
export { asyncKitApplication, kitApplication } from './application.ts';
