/** The Hono example, in process and served by the command. */
import { afterEach, expect, it } from 'vitest';
import { fromFetch } from 'wizgi/fetch';
import { testClient } from 'wizgi/testing';
import { app } from '../../examples/hono.ts';
import { cleanUp, startServer } from '../cli/command.ts';

afterEach(cleanUp);

it('hono.ts in process', async () => {
  const client = testClient(fromFetch(app));
  expect((await client.get('/')).text()).toMatch(/^Hello from wizgi\//);
  const sum = await client.post('/sum', { json: { numbers: [1, 2, 4] } });
  expect(sum.json()).toEqual({ sum: 7 });
  expect((await client.get('/count/3')).text()).toBe('1\n2\n3\n');
});

it('hono.ts, served by the command', async () => {
  const url = await startServer(['examples/hono.ts']).listening();
  expect(await (await fetch(url)).text()).toMatch(/^Hello from wizgi\//);
  const sum = await fetch(`${url}/sum`, { method: 'POST', body: '{"numbers":[1,2,4]}' });
  expect(await sum.json()).toEqual({ sum: 7 });
  expect(await (await fetch(`${url}/count/3`)).text()).toBe('1\n2\n3\n');
});
