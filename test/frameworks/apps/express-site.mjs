/** The application of both versions of Express, which differ in what they are given here. */
import { setTimeout as delay } from 'node:timers/promises';
import compression from 'compression';
import session from 'express-session';
import multer from 'multer';
import { digest, echoed, file, Gate, LARGE, PUBLIC, TEXT } from './content.mjs';

export function site(express) {
  const app = express();
  const gate = new Gate();
  const upload = multer({ storage: multer.memoryStorage() });
  let left = 0;

  app.set('trust proxy', false);
  app.use('/compressed', compression());
  app.use('/static', express.static(PUBLIC));
  app.use(express.json());
  app.use(express.urlencoded({ extended: true }));
  app.use(
    '/count',
    session({ secret: 'for tests', resave: false, saveUninitialized: false, name: 'sid' }),
  );

  app.get('/', (_req, res) => res.type('text/plain').send('Hello, world!'));
  app.get('/json', (_req, res) => res.json({ hello: 'wörld', list: [1, 2] }));
  app.post('/json', (req, res) => res.status(201).json({ received: req.body }));
  app.post('/form', (req, res) => res.json(req.body));
  app.post('/upload', upload.any(), (req, res) => {
    const files = req.files.map(({ fieldname, originalname, mimetype, buffer }) =>
      file(fieldname, originalname, mimetype, buffer),
    );
    res.json({ fields: req.body, files });
  });

  app.get('/count', (req, res) => {
    req.session.count = (req.session.count ?? 0) + 1;
    res.send(`visit ${req.session.count}`);
  });
  app.post('/count/end', (req, res) => req.session.destroy(() => res.sendStatus(204)));
  app.get('/cookies', (_req, res) => {
    res.cookie('plain', '1').cookie('coded', 'ü;=', { httpOnly: true, maxAge: 60_000 });
    res.append('Set-Cookie', 'own=2; Path=/own');
    res.removeHeader('X-Powered-By');
    res.clearCookie('old').send('set');
  });

  app.get('/redirect', (_req, res) => res.redirect('/json?after=redirect'));
  app.get('/back', (_req, res) => res.redirect(303, 'https://example.com/ü?a=1#b'));
  app.get('/stream', async (_req, res) => {
    res.type('text/plain');
    for (const part of ['one ', 'two ', 'thrëe']) {
      res.write(part);
      await delay(1);
    }
    res.end();
  });
  app.get('/events', async (_req, res) => {
    res.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
    res.flushHeaders();
    res.write('data: one\n\n');
    await gate.wait();
    res.write('data: two\n\n');
    res.end();
  });
  app.get('/events/go', (_req, res) => {
    gate.open();
    res.sendStatus(204);
  });
  app.get('/forever', (req, res) => {
    const timer = setInterval(() => res.write('more\n'), 5);
    req.once('close', () => {
      clearInterval(timer);
      left += 1;
    });
    res.write('first\n');
  });
  app.get('/left', (_req, res) => res.json(left));

  app.get('/large', (_req, res) => res.type('application/octet-stream').send(LARGE));
  app.get('/piped', (_req, res) => res.sendFile('large.txt', { root: PUBLIC }));
  app.get('/download', (_req, res) => res.download(`${PUBLIC}/hello.txt`, 'größe.txt'));
  app.post('/large', express.raw({ limit: '4mb' }), (req, res) => {
    res.json({ size: req.body.length, digest: digest(req.body) });
  });
  app.post('/raw', (req, res) => {
    const pieces = [];
    req.on('data', (piece) => pieces.push(piece));
    req.on('end', () => res.send(digest(Buffer.concat(pieces))));
  });
  app.post('/ignored', (_req, res) => res.send('not read'));
  app.post('/small', express.raw({ limit: '1kb' }), (_req, res) => res.send('small'));

  app.get('/compressed/text', (_req, res) => res.type('text/plain').send(TEXT));
  app.get('/compressed/stream', async (_req, res) => {
    res.type('text/plain');
    for (let count = 0; count < 5; count++) {
      res.write(TEXT);
      await delay(1);
    }
    res.end();
  });

  app.get('/error', () => {
    throw new Error('thrown');
  });
  app.get('/error/later', (_req, _res, next) => setImmediate(next, new Error('passed on')));
  app.get('/error/handled', (_req, _res, next) => {
    next(Object.assign(new Error('handled'), { status: 418 }));
  });
  app.get('/cut', async (_req, res) => {
    res.write('some');
    await delay(1);
    res.destroy(new Error('cut'));
  });

  app.get('/path/:name', (req, res) => {
    const { params, path, url, originalUrl, baseUrl } = req;
    res.json({ params, path, url, originalUrl, baseUrl });
  });
  app.get('/query', (req, res) => res.json(req.query));
  app.get('/headers', (req, res) => {
    const { hostname, protocol, secure, xhr, httpVersion, ip } = req;
    res.json({ ...echoed(req.headers), hostname, protocol, secure, xhr, httpVersion, ip });
  });
  app.get('/raw-headers', (req, res) => {
    const names = req.rawHeaders.filter((_, index) => index % 2 === 0);
    res.end(names.filter((name) => /^x/i.test(name)).join());
  });
  app.get('/underscore', (req, res) => res.end(`${req.headers.x_under}`));
  app.get('/many-headers', (_req, res) => {
    res.set('X-One', 'é');
    res.append('X-Two', ['a', 'b']).append('Vary', 'Accept').vary('Origin');
    res.links({ next: 'http://example.com/2' }).location('/ü').send('ok');
  });
  app.get('/negotiated', (req, res) => {
    res.format({ json: () => res.json({ as: 'json' }), html: () => res.send('<p>html</p>') });
    void req;
  });
  app.get('/status/:code', (req, res) => res.status(Number(req.params.code)).end());
  app.get('/reason', (_req, res) => {
    res.statusMessage = 'All Is Well';
    res.status(200).send('reason');
  });
  app.get('/fresh', (_req, res) => res.set('ETag', '"one"').send('fresh'));
  app.all('/method', (req, res) => res.send(`method ${req.method}`));
  app
    .route('/allowed')
    .get((_req, res) => res.end())
    .put((_req, res) => res.end());

  const admin = express.Router();
  admin.get('/here', (req, res) => res.json({ baseUrl: req.baseUrl, url: req.url }));
  app.use('/mounted', admin);

  app.use((error, _req, res, next) => {
    if (error.message !== 'handled') return next(error);
    res.status(error.status).json({ error: error.message });
  });
  return app;
}
