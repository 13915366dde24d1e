import { describe, expect, it } from 'vitest';
import { forward } from '../../src/upstream/forward.ts';
import { mount } from '../../src/wsgi/mount.ts';
import { CHUNKED_POST, get, post, start, type TestServer, until } from '../http/kit.ts';
import { gunicorn, php, uwsgi } from './programs.ts';
import { front } from './servers.ts';

/** What holds for every server that runs the application of `programs.ts`. */
async function expectProbe(server: TestServer): Promise<void> {
  const client = await server.client();
  client.send(get('/a%20b?q=1', 'X-Own: 1\r\n'));
  const answer = await client.answer();
  expect([answer.status, answer.reason]).toEqual([203, 'Told']);
  expect(JSON.parse(answer.body)).toMatchObject({
    REQUEST_METHOD: 'GET',
    PATH_INFO: '/a b',
    QUERY_STRING: 'q=1',
    HTTP_X_OWN: '1',
    HTTP_HOST: 'a',
  });
  const content = 'x'.repeat(200_000);
  client.send(post(content));
  expect(JSON.parse((await client.answer()).body).body).toBe(content);
  client.send(get('/large'));
  expect((await client.answer()).body.length).toBe(1_000_000);
  client.send('HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await client.answer('HEAD')).toMatchObject({ status: 200 });
  for (let request = 0; request < 20; request++) {
    client.send(get());
    expect((await client.answer()).status).toBe(203);
  }
  expect(server.log.loud).toEqual([]);
}

describe('gunicorn', () => {
  it.for(['sync', 'gthread'])('%s, by HTTP', async (workerClass, context) => {
    await expectProbe(await front(await gunicorn(context, workerClass)));
  });
});

describe('uWSGI', () => {
  it.for([
    ['http-socket', false],
    ['socket', false],
    ['socket', true],
    ['fastcgi-socket', false],
    ['scgi-socket', false],
  ] as const)('by its %s, over Unix: %s', async ([option, overUnix], context) => {
    await expectProbe(await front(await uwsgi(context, option, overUnix)));
  });

  it('is told where the application is mounted', async (context) => {
    const url = await uwsgi(context, 'socket', false);
    const server = await start(mount({ '/m': forward(url) }));
    const client = await server.client();
    client.send(get('/m/x'));
    expect(JSON.parse((await client.answer()).body)).toMatchObject({
      SCRIPT_NAME: '/m',
      PATH_INFO: '/x',
    });
  });
});

const SITE = {
  'index.php': '<?php echo "home of ", $_SERVER["HTTP_HOST"], " ", $_GET["q"] ?? "";',
  'told.php':
    '<?php header("X-Own: 1"); http_response_code(202); echo json_encode(array_filter($_SERVER, "is_string") + ["body" => file_get_contents("php://input")]);',
  'form.php':
    '<?php if ($_POST) { header("Location: /told.php"); exit; } session_start(); echo "form";',
  'upload.php': '<?php echo strlen(file_get_contents($_FILES["file"]["tmp_name"]));',
  'stream.php': '<?php for ($i = 0; $i < 100; $i++) { echo str_repeat("x", 10000); flush(); }',
  'slow.php': '<?php echo "begun"; ob_flush(); flush(); sleep(60);',
  'error.php': '<?php error_log("told the log"); nonsense();',
  'sub/index.php': '<?php echo "sub ", $_SERVER["SCRIPT_NAME"], " ", $_SERVER["PATH_INFO"];',
  'picture.jpg': '<?php echo "executed";',
};

describe('PHP, by php-fpm', () => {
  it.for([false, true])('runs scripts; over Unix: %s', async (overUnix, context) => {
    const { url, root } = await php(context, SITE, overUnix);
    const server = await front(url, { root });
    const client = await server.client();
    client.send(get('/?q=1'));
    expect(await client.answer()).toMatchObject({ status: 200, body: 'home of a 1' });
    client.send(post('content', '/told.php/more/path?x=y', 'Content-Type: text/plain\r\n'));
    const told = await client.answer();
    expect([told.status, told.headers['x-own']]).toEqual([202, '1']);
    expect(JSON.parse(told.body)).toMatchObject({
      SCRIPT_NAME: '/told.php',
      PATH_INFO: '/more/path',
      SCRIPT_FILENAME: `${root}/told.php`,
      DOCUMENT_ROOT: root,
      PHP_SELF: '/told.php/more/path',
      REQUEST_URI: '/told.php/more/path?x=y',
      QUERY_STRING: 'x=y',
      CONTENT_TYPE: 'text/plain',
      REMOTE_ADDR: '127.0.0.1',
      body: 'content',
    });
    client.send(get('/sub/'));
    expect((await client.answer()).body).toBe('sub /sub/index.php ');
    client.send(get('/stream.php'));
    expect((await client.answer()).body.length).toBe(1_000_000);
    client.send('HEAD /stream.php HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await client.answer('HEAD')).toMatchObject({ status: 200 });
  });

  it('has forms, uploads and chunked content', async (context) => {
    const { url, root } = await php(context, SITE, false);
    const server = await front(url, { root });
    const client = await server.client();
    const form = 'Content-Type: application/x-www-form-urlencoded\r\n';
    client.send(post('a=1', '/form.php', form));
    expect(await client.answer()).toMatchObject({
      status: 302,
      headers: { location: '/told.php' },
    });
    client.send(get('/form.php'));
    expect((await client.answer()).headers['set-cookie']).toMatch(/^PHPSESSID=/);
    const file = 'y'.repeat(500_000);
    const parts =
      '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n' +
      `${file}\r\n--b--\r\n`;
    client.send(post(parts, '/upload.php', 'Content-Type: multipart/form-data; boundary=b\r\n'));
    expect((await client.answer()).body).toBe('500000');
    client.send(`${CHUNKED_POST.replace('/', '/told.php')}5\r\nhello\r\n0\r\n\r\n`);
    expect(JSON.parse((await client.answer()).body).body).toBe('hello');
  });

  it('K16 runs nothing but scripts, whatever a path holds', async (context) => {
    const { url, root } = await php(context, SITE, false);
    const server = await front(url, { root });
    const client = await server.client();
    const refused = [
      ...['/picture.jpg', '/picture.jpg/x.php', '/none.php', '/none.php/x', '/sub', '/none/'],
      ...['/../www/told.php', '/sub/%2e%2e/told.php', '/told.php%00', '/%00/told.php'],
      ...['/told.php%0a', '/told.phpx', `/${'a'.repeat(5000)}.php`],
    ];
    for (const path of refused) {
      client.send(get(path));
      const answer = await client.answer();
      expect([path, answer.status, answer.body]).toEqual([path, 404, 'Not Found\n']);
    }
    for (const path of [
      '/told.php/%0a',
      '/told.php/PHP%0Ais_the_shittiest_lang.php',
      '/told.php/',
    ]) {
      client.send(get(`${path}?${'Q'.repeat(1800)}`));
      const { status, body } = await client.answer();
      expect([status, JSON.parse(body).PATH_INFO]).toEqual([
        202,
        decodeURIComponent(path.slice('/told.php'.length)),
      ]);
    }
    expect(server.log.loud).toEqual([]);
  });

  it('has a script for what is none, and lies below a mount point', async (context) => {
    const { url, root } = await php(context, SITE, false);
    const app = forward(url, { root, fallback: '/told.php' });
    const server = await start(mount({ '/blog': app }));
    const client = await server.client();
    client.send(get('/blog/2026/a-post/?x'));
    expect(JSON.parse((await client.answer()).body)).toMatchObject({
      SCRIPT_NAME: '/blog/told.php',
      SCRIPT_FILENAME: `${root}/told.php`,
      REQUEST_URI: '/blog/2026/a-post/?x',
    });
    client.send(get('/blog/sub/'));
    expect((await client.answer()).body).toBe('sub /blog/sub/index.php ');
    client.send(get('/blog'));
    expect((await client.answer()).body).toMatch(/^home/);
  });

  it('tells the log what scripts do, and shows errors as they are', async (context) => {
    const { url, root } = await php(context, SITE, false);
    const server = await front(url, { root });
    const client = await server.client();
    client.send(get('/error.php'));
    expect((await client.answer()).status).toBe(500);
    const says = await until('the log', () =>
      server.appLog.lines.find(({ message }) => message === 'upstream says'),
    );
    expect(says.fields.upstream).toBe(url);
    expect(says.fields.text).toContain('told the log');
  });

  it('ends a script whose client has left', async (context) => {
    const { url, root } = await php(context, SITE, false);
    const server = await front(url, { root });
    const client = await server.client();
    client.send(get('/slow.php'));
    await client.expect('begun');
    client.reset();
    const other = await server.client();
    other.send(get('/'));
    expect((await other.answer()).status).toBe(200);
  });
});
