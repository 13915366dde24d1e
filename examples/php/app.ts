/** PHP and TypeScript in one site: PHP has the paths that no route takes. */
import { type Application, mount } from 'wizgi';
import { forward } from 'wizgi/upstream';

const php = forward(process.env.PHP_FPM ?? 'fastcgi+unix:/run/php/php-fpm.sock', {
  root: `${import.meta.dirname}/www`,
  fallback: '/index.php',
});

const time: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'application/json']]);
  return [JSON.stringify({ time: new Date().toISOString(), by: 'TypeScript' })];
};

export const application = mount({ '/api/time': time, '/': php });
