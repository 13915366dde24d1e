import { describe, expect, it, vi } from 'vitest';
import { pipeline, streaming } from './application.ts';
import { carryHosted, type HostedApplication, hostedIn } from './hosted.ts';
import { mount } from './mount.ts';
import type { Application, Middleware } from './types.ts';

const plain: Application = () => [];

/** An application as `python()` makes them, without the processes. */
function hosted(): Application & HostedApplication {
  const app: Application = () => [];
  return Object.assign(app, {
    ready: Promise.resolve(),
    reload: async () => undefined,
    close: async () => undefined,
  });
}

const passing: Middleware = (app) => (environ, startResponse) => app(environ, startResponse);

describe('hostedIn', () => {
  it('finds the application itself, and nothing in an ordinary one', () => {
    const app = hosted();
    expect(hostedIn(app)).toEqual([app]);
    expect(hostedIn(plain)).toEqual([]);
    expect(hostedIn({ call: plain })).toEqual([]);
  });

  it('does not look at ready, which would count as waiting for it', () => {
    const ready = vi.fn();
    const app = Object.defineProperty(hosted(), 'ready', { get: ready });
    expect(hostedIn(app)).toEqual([app]);
    expect(ready).not.toHaveBeenCalled();
  });

  it('finds what is mounted, each once, however deep', () => {
    const [one, two] = [hosted(), hosted()];
    const inner = mount({ '/a': pipeline(passing, two), '/b': one });
    expect(hostedIn(mount({ '/x': one, '/y': inner, '/z': plain }))).toEqual([one, two]);
  });

  it('finds what is behind middleware and behind the mark of streaming', () => {
    const app = hosted();
    expect(hostedIn(pipeline(passing, passing, app))).toEqual([app]);
    expect(hostedIn(pipeline(app))).toEqual([app]);
    expect(hostedIn(streaming(app))).toEqual([app]);
    expect(hostedIn(pipeline(passing, streaming(app)))).toEqual([app]);
  });

  it('finds middleware that is hosted itself, with what it is put around', () => {
    const [outer, inner] = [hosted(), hosted()];
    expect(hostedIn(pipeline(() => outer, inner))).toEqual([outer, inner]);
    expect(hostedIn(streaming(pipeline(passing, () => outer, inner)))).toEqual([outer, inner]);
  });

  it('is known to every copy of the module', async () => {
    const app = hosted();
    const outer = passing(app);
    carryHosted([app], outer);
    vi.resetModules();
    const copy = await import('./hosted.ts');
    expect(copy.hostedIn).not.toBe(hostedIn);
    expect(copy.hostedIn(outer)).toEqual([app]);
  });
});
