/**
 * Several applications in one, told apart by the first segment of the path. Each of them sees itself
 * at the root: shiftPathInfo() moves the segment from PATH_INFO to SCRIPT_NAME.
 */
import { type Application, type ApplicationLike, asApplication, shiftPathInfo } from 'wizgi';
import { Countdown } from './class-app.ts';
import { application as hello } from './hello.ts';
import { application as pathInfo } from './path-info.ts';

/** Serves `apps` below the prefixes that name them, and everything else by `otherwise`. */
export function route(apps: Record<string, ApplicationLike>, otherwise: Application): Application {
  const table = new Map(Object.entries(apps).map(([name, app]) => [name, asApplication(app)]));
  return (environ, startResponse) => {
    // A copy, so that `otherwise` gets the paths as they came.
    const inner = { ...environ };
    const app = table.get(shiftPathInfo(inner) ?? '');
    return app === undefined ? otherwise(environ, startResponse) : app(inner, startResponse);
  };
}

export const application = route(
  { hello, path: pathInfo, countdown: Countdown },
  (environ, startResponse) => {
    if (environ.PATH_INFO !== '/' && environ.PATH_INFO !== '') {
      startResponse('404 Not Found', [['Content-Type', 'text/plain; charset=utf-8']]);
      return ['There is nothing here.\n'];
    }
    startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']]);
    return ['Try /hello, /path/of/your/choice or /countdown.\n'];
  },
);
