import { expressApp } from './express-app.mjs';

const server = expressApp(process.argv[2]).listen(0, '127.0.0.1', () => {
  console.log('listening', `http://127.0.0.1:${server.address().port}`);
});
