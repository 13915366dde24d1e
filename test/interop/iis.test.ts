/**
 * What IIS does with docs/front-ends/iis-web.config, where there is no IIS: HttpPlatformHandler starts the
 * process with the port that it has chosen, in its arguments and its environment, and passes requests on.
 */
import { spawn } from 'node:child_process';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { cleanUp, MAIN, project } from '../cli/command.ts';
import { Client, get, until } from '../http/kit.ts';
import { freePort } from './free-port.ts';
import { documented } from './front-ends.ts';

const APP = `export default (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [environ.PATH_INFO];
};
`;

describe('iis-web.config', () => {
  afterAll(cleanUp);

  it('starts the application on the port that IIS chose', async () => {
    const text = documented('iis-web.config');
    const folder = project({ 'app.ts': APP });
    const command = /arguments="([^"]*)"/.exec(text)?.[1] ?? '';
    expect(/processPath="[^"]*\\node\.exe"/.test(text)).toBe(true);
    const port = await freePort();
    const here = command
      .replace('C:\\site\\node_modules\\wizgi\\dist\\cli\\main.js', MAIN)
      .replace('C:\\site\\', `${folder}/`)
      .replaceAll('%HTTP_PLATFORM_PORT%', String(port));
    expect(here).not.toMatch(/[%\\]/);
    const child = spawn(process.execPath, here.split(' '), {
      env: { ...process.env, HTTP_PLATFORM_PORT: String(port) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let output = '';
    child.stderr.on('data', (data) => {
      output += data;
    });
    await until('wizgi to listen', () => output.includes('Listening at'));
    const client = await Client.open(`http://127.0.0.1:${port}`);
    client.send(get('/path'));
    expect((await client.answer()).body).toBe('/path');
  });
});
