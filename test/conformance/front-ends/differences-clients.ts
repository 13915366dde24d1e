/** What web servers do about clients that are slow, or leave. */
import { expect } from 'vitest';
import { streaming } from '../../../src/wsgi/application.ts';
import type { Application } from '../../../src/wsgi/types.ts';
import { TEXT } from '../apps.ts';
import { Gate, type Harness, quiet, serving, until } from '../harness.ts';
import { type Difference, sometimes } from './difference.ts';

const LIGHTTPD = [
  'lighttpd-http.conf',
  'lighttpd-fastcgi.conf',
  'lighttpd-scgi.conf',
  'lighttpd-uwsgi.conf',
  'lighttpd-ajp.conf',
];

const STREAMED = ['ASY-27 ', 'ASY-28 ', 'ASY-30, P3 ', 'ASY-30 and '];

/** Answers with the length that it is told, and the content. */
const echo: Application = async (environ, startResponse) => {
  startResponse('200 OK', TEXT);
  const content = await environ['wizgi.input']?.read();
  return [`${environ.CONTENT_LENGTH} `, content ?? ''];
};

/** A body whose length nobody tells. */
async function* uncounted(gate?: Gate): AsyncGenerator<string> {
  yield 'first';
  await gate?.opened;
  yield ' last';
}

/** A streaming application gets the first of the content only when the last of it is there. */
async function keepsUploads(harness: Harness): Promise<void> {
  let begun = '';
  const served = await serving(
    harness,
    streaming(async (environ, startResponse) => {
      const input = environ['wizgi.input'];
      begun = Buffer.from((await input?.read(5)) ?? '').toString();
      startResponse('200 OK', TEXT);
      return [begun, (await input?.read()) ?? ''];
    }),
  );
  const gate = new Gate();
  const answer = served.request({ method: 'POST', body: uncounted(gate) });
  await quiet(100);
  expect(begun).toBe('');
  gate.open();
  expect((await answer).body.toString()).toBe('first last');
}

/** An answer that is given while its client still sends reaches it when it has sent all. */
async function keepsAnswers(harness: Harness): Promise<void> {
  const served = await serving(
    harness,
    streaming(async (environ, startResponse) => {
      await environ['wizgi.input']?.read(5);
      startResponse('200 OK', TEXT);
      return ['answered'];
    }),
  );
  const gate = new Gate();
  let answered = false;
  const answer = served.request({ method: 'POST', body: uncounted(gate) }).then((one) => {
    answered = true;
    return one;
  });
  await quiet(200);
  expect(answered).toBe(false);
  gate.open();
  expect((await answer).body.toString()).toBe('answered');
}

/** An application that waits does not hear that its client has left. */
async function hearsNothing(harness: Harness): Promise<void> {
  let signal: AbortSignal | undefined;
  const gate = new Gate();
  const served = await serving(harness, async (environ, startResponse) => {
    signal = environ['wizgi.signal'];
    const write = startResponse('200 OK', TEXT);
    await write('begun');
    await gate.opened;
    return ['over'];
  });
  const exchange = served.open();
  await exchange.read();
  exchange.leave('reset');
  await quiet(300);
  expect(signal?.aborted).toBe(false);
  gate.open();
}

/** Whether an application that has sent nothing yet is left waiting when its client leaves. */
async function hearsNothingEarly(harness: Harness): Promise<boolean> {
  const signals: (AbortSignal | undefined)[] = [];
  const gate = new Gate();
  const served = await serving(
    harness,
    async (environ, startResponse) => {
      signals.push(environ['wizgi.signal']);
      startResponse('200 OK', TEXT);
      await gate.opened;
      return ['over'];
    },
    { halfCloseTimeout: 0.1 },
  );
  const exchanges = Array.from({ length: 6 }, () => served.open());
  await until(() => signals.length === exchanges.length);
  for (const exchange of exchanges) exchange.leave('reset');
  await quiet(600);
  gate.open();
  return signals.some((signal) => signal?.aborted === false);
}

export const clients: readonly Difference[] = [
  {
    instead: 'receives uploads whole before it passes them on',
    behind: [
      'nginx-scgi.conf',
      'nginx-uwsgi.conf',
      'lighttpd-fastcgi.conf',
      'lighttpd-scgi.conf',
      'lighttpd-uwsgi.conf',
      'lighttpd-ajp.conf',
      'haproxy-fcgi.cfg',
    ],
    cases: STREAMED,
    omitted: 'slow',
    shown: keepsUploads,
  },
  {
    instead: 'passes uploads on in large pieces only',
    behind: ['apache-http.conf', 'apache-jk.conf'],
    cases: STREAMED,
    omitted: 'slow',
    shown: keepsUploads,
  },
  {
    instead: 'passes nothing of an answer on before the upload is over',
    behind: ['apache-fcgi.conf'],
    cases: ['ASY-27 ', 'ASY-30 and '],
    omitted: 'slow',
    shown: keepsAnswers,
  },
  {
    instead: 'refuses uploads whose length is not told first, with 411',
    behind: ['apache-scgi.conf', 'apache-uwsgi.conf'],
    cases: ['INP-5 ', 'HOP-4 ', 'HOP-5 ', 'ITM-1, ITM-2 ', 'ITM-3 ', 'ASY-26 ', ...STREAMED],
    omitted: 'slow',
    shown: async (harness) => {
      const served = await serving(harness, streaming(echo));
      expect((await served.request({ method: 'POST', body: uncounted() })).status).toBe(411);
    },
  },
  {
    instead: 'refuses a POST without a length, with 411',
    behind: LIGHTTPD,
    cases: ['INP-12 '],
    shown: async (harness) => {
      const served = await serving(harness, echo);
      expect((await served.request({ method: 'POST' })).status).toBe(411);
    },
  },
  {
    instead: 'notices only when it has something to send that a client has left',
    behind: [
      'apache-http.conf',
      'apache-fcgi.conf',
      'apache-scgi.conf',
      'apache-uwsgi.conf',
      'apache-ajp.conf',
      'apache-jk.conf',
    ],
    cases: ['STR-9, O25, ASY-15 ', 'EXC-10 ', 'ASY-23, EXT-3 '],
    omitted: 'slow',
    shown: hearsNothing,
  },
  {
    instead: 'keeps the connection of a client that has left, so that the gateway hears of it late',
    behind: ['haproxy-fcgi.cfg'],
    cases: ['EXC-10 '],
    omitted: 'slow',
    shown: hearsNothing,
  },
  {
    instead: 'does not notice, at times, that a client has left to whom nothing was sent yet',
    behind: LIGHTTPD,
    cases: ['STR-9, O25, ASY-15 ', 'ASY-23, EXT-3 '],
    omitted: 'unsteady',
    shown: (harness) => sometimes(() => hearsNothingEarly(harness), 30),
  },
];
