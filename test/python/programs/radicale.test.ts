import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Browser, type Page } from '../frameworks/browser.ts';
import { describeProgram } from './program.ts';

const directory = mkdtempSync(join(tmpdir(), 'wizgi-radicale-'));
afterAll(() => rmSync(directory, { recursive: true }));

const program = {
  target: 'radicale:application',
  directory,
  modules: ['radicale'],
  env: { RADICALE_CONFIG: join(directory, 'config') },
  harmless: "[ERROR] Logging level set to: 'ERROR'",
};

writeFileSync(join(directory, 'users'), 'zoe:secret\n');
writeFileSync(
  join(directory, 'config'),
  `[auth]
type = htpasswd
htpasswd_filename = ${join(directory, 'users')}
htpasswd_encryption = plain
[storage]
filesystem_folder = ${join(directory, 'collections')}
[logging]
level = error
`,
);

const AUTHORIZATION = `Basic ${Buffer.from('zoe:secret').toString('base64')}`;
const NAMESPACES = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"';

let calendars = 0;

/** A calendar of its own for each test, as its client sees it. */
class Calendar {
  readonly path = `/zoe/calendar${calendars++}/`;
  private readonly browser: Browser;

  constructor(address: string) {
    this.browser = new Browser(address);
  }

  request(
    method: string,
    name = '',
    body: string | undefined = undefined,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Page> {
    const all = { Authorization: AUTHORIZATION, ...headers };
    const visit = { method, headers: all };
    const content = body === undefined ? {} : { body: Buffer.from(body) };
    return this.browser.visit(this.path + name, { ...visit, ...content });
  }

  async create(name: string): Promise<void> {
    const properties = `<displayname>${name}</displayname>`;
    const body = `<C:mkcalendar ${NAMESPACES}><set><prop>${properties}</prop></set></C:mkcalendar>`;
    expect((await this.request('MKCALENDAR', '', body)).status).toBe(201);
  }

  put(name: string, event: string, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
    return this.request('PUT', name, event, { 'Content-Type': 'text/calendar', ...headers });
  }

  /** The names of the events between two days. */
  async between(start: string, end: string): Promise<string[]> {
    const range = `<C:time-range start="${start}T000000Z" end="${end}T000000Z"/>`;
    const filter = `<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">${range}</C:comp-filter></C:comp-filter>`;
    const page = await this.request(
      'REPORT',
      '',
      `<C:calendar-query ${NAMESPACES}><prop><getetag/></prop><C:filter>${filter}</C:filter></C:calendar-query>`,
      { Depth: '1' },
    );
    expect(page.status).toBe(207);
    return this.names(page);
  }

  async list(): Promise<string[]> {
    const body = `<propfind ${NAMESPACES}><prop><displayname/><getetag/></prop></propfind>`;
    const page = await this.request('PROPFIND', '', body, { Depth: '1' });
    expect(page.status).toBe(207);
    return this.names(page);
  }

  private names(page: Page): string[] {
    const hrefs = [...page.text.matchAll(/<(?:\w+:)?href>([^<]+)</g)].map(([, href = '']) => href);
    return hrefs.map((href) => href.replace(this.path, '')).filter(Boolean);
  }
}

function event(uid: string, day: string, summary: string): string {
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//wizgi//test//EN',
    'BEGIN:VEVENT',
    `UID:${uid}`,
    `DTSTAMP:${day}T080000Z`,
    `DTSTART:${day}T090000Z`,
    `DTEND:${day}T100000Z`,
    `SUMMARY:${summary}`,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}

describeProgram(program, (address) => {
  it('lets nobody in without a password', async (context) => {
    const calendar = new Calendar(await address(context));
    const page = await calendar.request('PROPFIND', '', undefined, { Authorization: '' });
    expect(page.status).toBe(401);
    expect(page.header('WWW-Authenticate')).toMatch(/^Basic realm=/);
  });

  it('says what it can do', async (context) => {
    const page = await new Calendar(await address(context)).request('OPTIONS');
    expect([page.status, page.header('DAV')?.includes('calendar-access')]).toEqual([200, true]);
  });

  it('keeps events, finds them by time and deletes them', async (context) => {
    const calendar = new Calendar(await address(context));
    await calendar.create('Zoës Termine');
    const once = { 'If-None-Match': '*' };
    const created = await calendar.put('a.ics', event('a', '20260501', 'Grüße'), once);
    expect([created.status, typeof created.header('ETag')]).toEqual([201, 'string']);
    expect((await calendar.put('a.ics', event('a', '20260501', 'Zwei'), once)).status).toBe(412);
    expect((await calendar.put('b.ics', event('b', '20260601', 'Juni'))).status).toBe(201);

    const got = await calendar.request('GET', 'a.ics');
    expect([got.status, got.text.includes('SUMMARY:Grüße')]).toEqual([200, true]);
    expect(got.header('ETag')).toBe(created.header('ETag'));
    const head = await calendar.request('HEAD', 'a.ics');
    expect([head.status, head.text]).toEqual([200, '']);

    expect((await calendar.list()).sort()).toEqual(['a.ics', 'b.ics']);
    expect(await calendar.between('20260501', '20260502')).toEqual(['a.ics']);
    expect(await calendar.between('20260701', '20260702')).toEqual([]);

    const stale = { 'If-Match': '"stale"' };
    expect((await calendar.request('DELETE', 'a.ics', undefined, stale)).status).toBe(412);
    expect((await calendar.request('DELETE', 'a.ics')).status).toBe(200);
    expect((await calendar.request('GET', 'a.ics')).status).toBe(404);
    expect(await calendar.list()).toEqual(['b.ics']);
    expect((await calendar.request('DELETE')).status).toBe(200);
    expect((await calendar.request('GET', 'b.ics')).status).toBe(404);
  });

  it('keeps the events of devices that synchronise together', async (context) => {
    const calendar = new Calendar(await address(context));
    await calendar.create('Family');
    const names = Array.from({ length: 16 }, (_, index) => `event${index}.ics`);
    const put = (name: string) => calendar.put(name, event(name, '20260501', 'x'.repeat(20_000)));
    for (const { status } of await Promise.all(names.map(put))) expect(status).toBe(201);
    expect((await calendar.list()).sort()).toEqual(names.sort());
    const whole = await calendar.request('GET');
    expect(whole.text.match(/BEGIN:VEVENT/g)?.length).toBe(16);
  });
});
