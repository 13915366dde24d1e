/** The Express example, in process and served by the command. */
import { afterEach, expect, it } from 'vitest';
import { fromNode, type NodeHandler } from 'wizgi/node';
import { testClient } from 'wizgi/testing';
import { cleanUp, startServer } from '../cli/command.ts';

// Of JavaScript, as a project without the types of its framework is.
const file: string = '../../examples/express.mjs';
const { app } = (await import(file)) as { app: NodeHandler };

afterEach(cleanUp);

it('express.mjs in process', async () => {
  const client = testClient(fromNode(app));
  expect((await client.get('/')).text()).toMatch(/^Hello from wizgi\//);
  expect((await client.get('/wsgi/x')).text()).toBe('/wsgi and /x\n');
  const sum = await client.post('/sum', { json: { numbers: [1, 2, 4] } });
  expect(sum.json()).toEqual({ sum: 7 });
  const ticks = client.stream('GET', '/ticks');
  expect(Buffer.from((await ticks.read()) ?? '').toString()).toBe('data: 1\n\n');
  ticks.abort();
});

it('express.mjs, served by the command', async () => {
  const url = await startServer(['examples/express.mjs']).listening();
  expect(await (await fetch(url)).text()).toMatch(/^Hello from wizgi\//);
  expect(await (await fetch(`${url}/wsgi/x`)).text()).toBe('/wsgi and /x\n');
});
