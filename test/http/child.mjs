// Serves the application named in its arguments, and writes its addresses to standard output.
import { createJiti } from 'jiti';

const jiti = createJiti(import.meta.url);
const { serve, streaming } = await jiti.import('../../src/index.ts');

const text = (startResponse, body) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [body];
};

const apps = {
  hello: (environ, startResponse) => text(startResponse, `hello ${environ.PATH_INFO}`),
  'echo-length': (environ, startResponse) => {
    let size = 0;
    for (;;) {
      const block = environ['wsgi.input'].read(65536);
      if (block.length === 0) break;
      size += block.length;
    }
    return text(startResponse, String(size));
  },
  'never-reads': streaming(() => new Promise(() => {})),
  endless: (_environ, startResponse) => {
    startResponse('200 OK', []);
    return (function* () {
      for (;;) yield Buffer.alloc(65536, 'x');
    })();
  },
  large: (_environ, startResponse) => text(startResponse, 'x'.repeat(100_000)),
  slow: async (environ, startResponse) => {
    if (environ.PATH_INFO === '/handles') {
      const counts = {};
      for (const name of process.getActiveResourcesInfo()) {
        // Promises of the file system and the like come and go.
        if (name.startsWith('TCP') || name === 'Timeout') counts[name] = (counts[name] ?? 0) + 1;
      }
      return text(startResponse, JSON.stringify(counts));
    }
    await new Promise((resolve) => setTimeout(resolve, environ.PATH_INFO === '/slow' ? 50 : 1));
    return text(startResponse, 'slow');
  },
};

const [app, options] = process.argv.slice(2);
const server = await serve(apps[app], {
  bind: ['127.0.0.1:0'],
  ...JSON.parse(options),
});
process.stdout.write(JSON.stringify(server.addresses));
process.on('SIGTERM', () => server.close().then(() => process.exit(0)));
process.stdin.on('end', () => process.exit(0)).resume();
