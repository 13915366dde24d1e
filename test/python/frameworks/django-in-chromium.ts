/** A person at Django's admin. */
import { expect } from 'vitest';
import { need } from '../../interop/components.ts';
import { needPackages, type Skipping } from '../packages.ts';
import { Tab } from './chromium.ts';
import { administrator } from './django-site.ts';
import { type Site, serve } from './site.ts';

/** Logs in to Django's admin, adds a group, and logs out again. */
export async function administer(site: Site, context: Skipping): Promise<void> {
  const chromium = need('chromium', context);
  const python = needPackages(site.modules, context);
  await site.prepare?.();
  const server = serve(site, { args: ['-w', '2'] }, python);
  const address = await server.listening();
  const tab = await Tab.open(chromium);

  await tab.go(`${address}/admin/auth/group/add/`);
  await tab.until(`document.title.startsWith('Log in')`);
  // The style sheet has come, whole.
  await tab.until(`getComputedStyle(document.querySelector('#header')).display === 'flex'`);
  await tab.evaluate(`
    document.querySelector('[name=username]').value = '${administrator.username}';
    document.querySelector('[name=password]').value = '${administrator.password}';
    document.querySelector('[type=submit]').click();
  `);

  await tab.until(`document.title.startsWith('Add group') && document.readyState === 'complete'`);
  await tab.evaluate(`
    document.querySelector('[name=name]').value = 'Köche';
    document.querySelector('[name=_save]').click();
  `);
  await tab.until(`document.querySelector('.messagelist')?.innerText.includes('Köche') === true`);

  await tab.evaluate(`document.querySelector('#logout-form button').click()`);
  await tab.until(`document.title.startsWith('Logged out')`);
  await tab.go(`${address}/admin/`);
  await tab.until(`document.title.startsWith('Log in')`);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(server.stderr).not.toMatch(/Traceback|Error/);
}
