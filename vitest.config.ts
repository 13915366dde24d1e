import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^wizgi$/, replacement: source('index.ts') },
      { find: /^wizgi\/cgi$/, replacement: source('gateways/cgi/index.ts') },
      { find: /^wizgi\/fetch$/, replacement: source('adapters/fetch/index.ts') },
      { find: /^wizgi\/node$/, replacement: source('adapters/node/index.ts') },
      { find: /^wizgi\/python$/, replacement: source('python/index.ts') },
      { find: /^wizgi\/rack$/, replacement: source('adapters/rack/index.ts') },
      { find: /^wizgi\/lambda$/, replacement: source('adapters/lambda/index.ts') },
      { find: /^wizgi\/ring$/, replacement: source('adapters/ring/index.ts') },
      { find: /^wizgi\/testing$/, replacement: source('testing/index.ts') },
      { find: /^wizgi\/testing\/kit$/, replacement: source('testing/kit/application/index.ts') },
      { find: /^wizgi\/upstream$/, replacement: source('upstream/index.ts') },
      { find: /^wizgi\/validator$/, replacement: source('validator/index.ts') },
      { find: /^wizgi\/protocols\/ajp$/, replacement: source('protocols/ajp/index.ts') },
      { find: /^wizgi\/protocols\/cgi$/, replacement: source('protocols/cgi/index.ts') },
      { find: /^wizgi\/protocols\/fastcgi$/, replacement: source('protocols/fastcgi/index.ts') },
      { find: /^wizgi\/protocols\/http1$/, replacement: source('protocols/http1/index.ts') },
      { find: /^wizgi\/protocols\/scgi$/, replacement: source('protocols/scgi/index.ts') },
      { find: /^wizgi\/protocols\/uwsgi$/, replacement: source('protocols/uwsgi/index.ts') },
    ],
  },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 20_000 } },
    // Tests wait more than they work: one for each of two cores, where there are no more.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
});
