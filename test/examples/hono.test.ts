import { expect, it } from 'vitest';
import { fromFetch } from 'wizgi/fetch';
import { testClient } from 'wizgi/testing';
import { app } from '../../examples/hono.ts';

it('hono.ts adds numbers', async () => {
  const client = testClient(fromFetch(app));
  const sum = await client.post('/sum', { json: { numbers: [1, 2, 4] } });
  expect(sum.json()).toEqual({ sum: 7 });
});
