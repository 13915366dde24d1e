import { expect, it } from 'vitest';
import { testClient } from 'wizgi/testing';

// Of JavaScript, as a project without the types of its frameworks is.
const file: string = '../../examples/frameworks/app.mjs';
const { application } = await import(file);

it('frameworks: three kinds of application in one server', async () => {
  const client = testClient(application);
  const greeting = await client.post('/', { form: { name: 'you' } });
  expect(greeting.text()).toMatch(/^Hello you, from wizgi/);
  const time = await client.get('/api/time');
  expect(Date.parse((time.json() as { time: string }).time)).not.toBeNaN();
  expect((await client.get('/api/you')).text()).toBe('127.0.0.1\n');
  const health = await client.get('/health');
  expect([health.text(), health.headers.get('X-Answered-At')]).toEqual(['fine\n', '/health']);
  expect((await client.get('/nothing')).text()).toContain('Cannot GET /nothing');
});
