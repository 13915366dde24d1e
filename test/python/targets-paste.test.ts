/** Applications that PasteDeploy puts together, by the rules of its documentation. */
import { afterAll, describe, expect, it } from 'vitest';
import { cleanUp, project } from '../cli/command.ts';
import { need } from '../interop/components.ts';
import { needPackages, type Skipping } from './packages.ts';
import { load, type Outcome } from './targets/load.ts';

afterAll(cleanUp);

const directory = project({
  'parts.py': `
import logging

def app_factory(global_conf, **local_conf):
    def app(environ, start_response):
        logging.getLogger('parts').warning('called')
        start_response('200 OK', [])
        shown = {**local_conf, **{k: v for k, v in global_conf.items() if k not in ('here', '__file__')}}
        return [str(sorted(shown.items())).encode()]
    return app

def filter_factory(global_conf, mark='f'):
    def wrap(app):
        def filtered(environ, start_response):
            return [mark.encode(), b'('] + list(app(environ, start_response)) + [b')']
        return filtered
    return wrap

def composite_factory(loader, global_conf, **local_conf):
    apps = [loader.get_app(name, global_conf=global_conf) for name in local_conf['apps'].split()]
    def app(environ, start_response):
        return [part for inner in apps for part in inner(environ, start_response)]
    return app

def fails(global_conf):
    raise KeyError('own')
`,
  'site/production.ini': `
[DEFAULT]
color = blue

[composite:main]
use = call:parts:composite_factory
apps = plain piped

[app:plain]
paste.app_factory = parts:app_factory
place = %(here)s

[app:base]
use = call:parts:app_factory
size = 1

[app:derived]
use = base
size = 2
set color = red

[pipeline:piped]
pipeline = outer inner base

[filter:outer]
use = call:parts:filter_factory
mark = o

[filter:inner]
paste.filter_factory = parts:filter_factory

[filter-app:wrapped]
paste.filter_factory = parts:filter_factory
next = base

[app:with]
use = base
filter-with = outer

[app:egg]
use = egg:demo#web

[app:other]
use = config:other.ini#here
`,
  'site/other.ini': '[app:here]\nuse = call:parts:app_factory\nfrom = other\n',
  'demo-1.0.dist-info/METADATA': 'Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n',
  'demo-1.0.dist-info/entry_points.txt': '[paste.app_factory]\nweb = parts:app_factory\n',
  'logging.ini': `
[app:main]
use = call:parts:app_factory
[loggers]
keys = root
[handlers]
keys = file
[formatters]
keys = plain
[logger_root]
level = WARNING
handlers = file
[handler_file]
class = FileHandler
args = ('%(here)s/site.log',)
formatter = plain
[formatter_plain]
format = %(name)s %(message)s
[app:log]
use = call:reads:factory
`,
  'reads.py': `
import os
from parts import app_factory
def factory(global_conf):
    inner = app_factory(global_conf)
    def app(environ, start_response):
        inner(environ, start_response)
        with open(os.path.join(global_conf['here'], 'site.log')) as file:
            return [file.read().encode()]
    return app
`,
  'bad.ini': `
[app:main]
use = call:no_such_package:app
[app:egg]
use = egg:no-such-package
[app:entry]
use = egg:demo#nope
[app:attribute]
use = call:parts:nope
[app:own]
use = call:parts:module_missing
[app:local]
use = call:parts.nope:app
[app:inner]
use = nope
[app:value]
use = call:parts:app_factory
x = %(nope)s
[app:arguments]
use = call:parts:fails
extra = 1
[app:fails]
use = call:parts:fails
[pipeline:empty]
x = 1
`,
  'syntax.ini': 'no section\n',
  'empty.ini': '[server:main]\nuse = egg:waitress\n',
  'badlog.ini': '[app:main]\nuse = call:parts:app_factory\n[loggers]\nkeys = root\n',
});

const open = (target: string, context: Skipping): Promise<Outcome> =>
  load(needPackages(['paste'], context), directory, target);

const base = "[('color', 'blue'), ('size', '1')]";

it.for([
  ['site/production.ini', `[('color', 'blue'), ('place', './site')]o(f(${base}))`],
  ['site/production.ini#plain', "[('color', 'blue'), ('place', './site')]"],
  ['site/production.ini#base', base],
  ['site/production.ini#derived', "[('color', 'red'), ('size', '2')]"],
  ['site/production.ini#piped', `o(f(${base}))`],
  ['site/production.ini#wrapped', `f(${base})`],
  ['site/production.ini#with', `o(${base})`],
  ['site/production.ini#egg', "[('color', 'blue')]"],
  ['site/production.ini#other', "[('color', 'blue'), ('from', 'other')]"],
  ['logging.ini#log', 'parts called\n'],
] as const)('%s', async ([target, body], context) => {
  expect(await open(target, context)).toMatchObject({ body });
});

it('watches the file', async (context) => {
  const { watched } = await open('site/production.ini#plain', context);
  expect(watched).toEqual(['./parts.py', './site/production.ini']);
});

const missing = (text: string, name: string) =>
  `bad.ini uses ${text}, which is not installed for PYTHON (Python VERSION): PYTHON -m pip install ${name}, or choose another interpreter with --python`;

describe('mistakes', () => {
  it.for([
    [
      'site/production.ini#mian',
      'site/production.ini has no application named mian; did you mean site/production.ini#main?',
    ],
    [
      'site/production.ini#zzz',
      'site/production.ini has no application named zzz; there are main, plain, base, derived, piped, wrapped, with, egg, …: name one, as in site/production.ini#main',
    ],
    [
      'site/prodction.ini',
      'there is no file site/prodction.ini; did you mean site/production.ini?',
    ],
    [
      'empty.ini',
      'empty.ini has no application named main; an application has a section such as [app:main]',
    ],
    ['syntax.ini', /^syntax\.ini cannot be read: File contains no section headers\. /],
    ['badlog.ini', /^badlog\.ini sets up logging in a way that fails: KeyError: /],
    ['bad.ini', missing("'no_such_package'", 'no_such_package')],
    ['bad.ini#egg', missing('egg:no-such-package', 'no-such-package')],
    ['bad.ini#entry', /^bad\.ini cannot be used: Entry point 'nope' not found in egg 'demo' /],
    ['bad.ini#attribute', /^bad\.ini cannot be used: module 'parts' has no attribute 'nope'/],
    ['bad.ini#local', 'bad.ini names the module parts.nope, which does not exist'],
    ['bad.ini#inner', /^bad\.ini cannot be used: No section 'nope' /],
    [
      'bad.ini#value',
      /^bad\.ini cannot be used: Error in file \.\/bad\.ini: Bad value substitution/,
    ],
    ['bad.ini#arguments', /^bad\.ini cannot be used: fails\(\) got an unexpected keyword argument/],
    ['bad.ini#empty', /^bad\.ini cannot be used: The \[pipeline:empty\] section .* is missing /],
  ] as const)('%s', async ([target, message], context) => {
    const { error, raised } = await open(target, context);
    expect(raised).toBeUndefined();
    const text = error?.replace(/\(Python \d\.\d+\)/, '(Python VERSION)');
    if (typeof message === 'string') expect(text).toBe(message);
    else expect(text).toMatch(message);
    expect(text).not.toContain('\n');
  });

  it("a factory's own error passes", async (context) => {
    expect((await open('bad.ini#fails', context)).raised).toMatch(/^KeyError: /);
  });

  it('without PasteDeploy', async (context) => {
    const bare = project({ 'paste/__init__.py': '', 'bad.ini': '' });
    const { error } = await load(need('python3', context), bare, 'bad.ini');
    expect(error).toMatch(
      /^bad\.ini needs PasteDeploy, which is not installed for PYTHON \(Python \d\.\d+\): PYTHON -m pip install PasteDeploy, or choose another interpreter with --python$/,
    );
  });
});
