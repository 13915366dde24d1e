/** Web servers that start wizgi themselves, and speak FastCGI with it on the socket that they give it. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { cleanUp, MAIN, project } from '../cli/command.ts';
import { Client, get, post } from '../http/kit.ts';
import { need } from './components.ts';
import { componentOf, documented, type FrontEnd, startDocumented } from './front-ends.ts';

const APP = `export default (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  const { SCRIPT_NAME, PATH_INFO, HTTP_AUTHORIZATION } = environ;
  return [JSON.stringify({ SCRIPT_NAME, PATH_INFO, HTTP_AUTHORIZATION, pid: process.pid }), '\\n',
    environ['wsgi.input'].read()];
};
`;

const COMMAND = `${process.execPath} ${MAIN}`;

/** An application in a folder that any user may read. */
function folderOfApplication(): string {
  const folder = project({ 'app.ts': APP });
  chmodSync(folder, 0o755);
  return folder;
}

/** Apache: the script that the configuration tells to write. */
function startApache(): Promise<FrontEnd> {
  const file = 'apache-fcgid.conf';
  const folder = folderOfApplication();
  const lines = /^# {5}(#!.*)\n# {5}(exec wizgi .*)$/m.exec(documented(file));
  if (lines === null) throw new Error(`${file} does not say what app.fcgi is`);
  const script = `${lines[1]}\n${lines[2]}\n`.replace('wizgi', COMMAND).replace('/srv/app', folder);
  writeFileSync(join(folder, 'app.fcgi'), script, { mode: 0o755 });
  return startDocumented(file, 0, [['/srv/app', folder]]);
}

function startLighttpd(): Promise<FrontEnd> {
  const folder = folderOfApplication();
  return startDocumented('lighttpd-spawned.conf', 0, [
    ['/usr/bin/wizgi', COMMAND],
    ['/srv/app', folder],
    ['/run/lighttpd', folder],
  ]);
}

describe.each([
  ['Apache with mod_fcgid', 'apache-fcgid.conf', startApache],
  ['lighttpd', 'lighttpd-spawned.conf', startLighttpd],
])('started by %s', (_name, file, start) => {
  afterAll(cleanUp);

  it('FCGI-12 it serves the socket that it is given as descriptor 0', async (context) => {
    need(componentOf(file), context);
    const front = await start();
    onTestFinished(() => front.close());
    const ask = async (request: string) => {
      const client = await Client.open(`http://127.0.0.1:${front.port}`);
      client.send(request);
      const { status, body } = await client.answer();
      expect([status, front.output]).toEqual([200, expect.anything()]);
      const [said = '', content] = body.split('\n');
      return { ...JSON.parse(said), content } as Record<string, unknown>;
    };
    const first = await ask(get('/a%20b/c', 'Authorization: Basic eDp5\r\n'));
    expect(first).toMatchObject({
      SCRIPT_NAME: '',
      PATH_INFO: '/a b/c',
      HTTP_AUTHORIZATION: 'Basic eDp5',
      content: '',
    });
    const content = 'x'.repeat(200_000);
    const second = await ask(post(content));
    expect(second).toMatchObject({ PATH_INFO: '/', content, pid: first['pid'] });
    const all = await Promise.all([1, 2, 3, 4].map((number) => ask(get(`/${number}`))));
    expect(all.map(({ PATH_INFO: path }) => path)).toEqual(['/1', '/2', '/3', '/4']);
  });
});
