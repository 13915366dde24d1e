/** The Django example with an administrator, and data in a temporary directory. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll } from 'vitest';
import { ROOT } from '../../cli/command.ts';
import { PYTHON } from '../packages.ts';
import { moduleSite, type Site } from './site.ts';

export const directory = join(ROOT, 'examples/django');
export const administrator = { username: 'admin', password: 'a password for tests' };

/** Makes the site, whose data goes with the tests of the file. */
export function djangoSite(): Site {
  const data = mkdtempSync(join(tmpdir(), 'wizgi-django-'));
  afterAll(() => rmSync(data, { recursive: true }));
  const env = { MYSITE_DATA: data };
  let prepared: Promise<unknown> | undefined;
  return moduleSite({
    directory,
    module: 'mysite.wsgi',
    name: 'application',
    modules: ['django', 'rest_framework', 'whitenoise'],
    env,
    prepare: async () => {
      prepared ??= Promise.all([manage(env, 'collectstatic', '--noinput'), makeDatabase(env)]);
      await prepared;
    },
  });
}

async function makeDatabase(env: Readonly<Record<string, string>>): Promise<void> {
  await manage(env, 'migrate');
  await manage(env, 'createsuperuser', '--noinput', '--email', 'admin@example.org');
}

async function manage(env: Readonly<Record<string, string>>, ...args: string[]): Promise<void> {
  await promisify(execFile)(PYTHON, ['manage.py', ...args, '--verbosity', '0'], {
    cwd: directory,
    env: {
      ...process.env,
      ...env,
      PYTHONDONTWRITEBYTECODE: '1',
      DJANGO_SUPERUSER_USERNAME: administrator.username,
      DJANGO_SUPERUSER_PASSWORD: administrator.password,
    },
  });
}
