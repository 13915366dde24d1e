/** Every form of a Python target, and what users read when one is wrong. */
import { afterAll, describe, expect, it } from 'vitest';
import { cleanUp, project } from '../cli/command.ts';
import { need } from '../interop/components.ts';
import { needPackages } from './packages.ts';
import { load } from './targets/load.ts';

afterAll(cleanUp);

/** An application that answers with a Python expression. */
const app = (name: string, expression: string) =>
  `def ${name}(environ, start_response):\n    start_response('200 OK', [])\n    return [str(${expression}).encode()]\n`;

describe('forms', () => {
  const directory = project({
    'plain.py': app('app', "'plain'"),
    'both.py': app('app', "'app'") + app('application', "'application'"),
    'pkg/__init__.py': '',
    'pkg/web.py': `from .part import text\n${app('application', '(text, __name__, __package__)')}`,
    'pkg/part.py': "text = 'part'\n",
    'folder/site.py': `import neighbour\n${app('app', '(neighbour.text, __name__, __file__)')}`,
    'folder/neighbour.py': "text = 'beside'\n",
    'script.wsgi': app('application', '(__name__, __file__)'),
    'mysite.wsgi': `import mysite.settings\n${app('application', "('file', __name__)")}`,
    'mysite/__init__.py': '',
    'mysite/settings.py': '',
    'mysite/wsgi.py': app('application', "'module'"),
    'other/__init__.py': '',
    'other/wsgi.py': app('application', "'module'"),
    'my-app.py': app('app', '__name__'),
    'json.py': app('app', "(__name__, 'dumps' in dir(__import__('json')))"),
    'make.py': `
def create(greeting='hello', *, times=1):
${app('app', 'greeting * times').replace(/^/gm, '    ')}
    return app
class Holder:
    inner = staticmethod(create())
    def make(self): return create('held')
holder = Holder()
`,
    'classes.py': `
class App:
    def __init__(self, environ, start_response):
        start_response('200 OK', [])
    def __iter__(self):
        yield b'class'
class Instance:
    def __call__(self, environ, start_response):
        start_response('200 OK', [])
        return [b'instance']
app = Instance()
`,
    'pickles.py': `
import pickle
class Thing: pass
${app('app', 'type(pickle.loads(pickle.dumps(Thing()))) is Thing')}`,
    'first/which.py': app('app', "'pythonpath'"),
    'which.py': app('app', "'directory'"),
    'replaced.py': `import sys\nclass Module:\n${app('app', "'replaced'").replace(/^/gm, '    ').replace('(environ', '(self, environ')}\nsys.modules[__name__] = Module()\n`,
  });

  it.for([
    ['plain', 'plain'],
    ['plain:app', 'plain'],
    ['plain.py', 'plain'],
    ['./plain.py:app', 'plain'],
    ['both', 'application'],
    ['both:app', 'app'],
    ['pkg.web', "('part', 'pkg.web', 'pkg')"],
    ['pkg/web.py', "('part', 'pkg.web', 'pkg')"],
    ['folder/site.py', "('beside', 'site_py', './folder/site.py')"],
    ['script.wsgi', "('script', './script.wsgi')"],
    ['script.wsgi:application', "('script', './script.wsgi')"],
    ['mysite.wsgi', "('file', 'mysite_wsgi')"],
    ['mysite/wsgi.py', 'module'],
    ['other.wsgi', 'module'],
    ['my-app.py', 'my_app'],
    ['json.py', "('json_py', True)"],
    ['make:create()', 'hello'],
    ['make:create("x")', 'x'],
    ["make:create('a:b', times=2)", 'a:ba:b'],
    ['make.py:create("x")', 'x'],
    ['make:Holder.inner', 'hello'],
    ['make:holder.make()', 'held'],
    ['make:Holder().make()', 'held'],
    ['classes:App', 'class'],
    ['classes', 'instance'],
    ['pickles.py', 'True'],
    ['which', 'directory'],
    ['replaced', 'replaced'],
  ] as const)('%s', async ([target, body], context) => {
    const python = need('python3', context);
    expect(await load(python, directory, target)).toMatchObject({ body });
  });

  it('looks in pythonpath first', async (context) => {
    const python = need('python3', context);
    expect(await load(python, directory, 'which', ['first'])).toMatchObject({ body: 'pythonpath' });
    expect(await load(python, directory, 'which.py', ['first'])).toMatchObject({
      body: 'directory',
    });
  });
});

describe('mistakes', () => {
  const directory = project({
    'app.py': app('app', '1'),
    'named.py': `import os\nfrom os.path import join\n${app('server', '1')}`,
    'several.py': `${app('one', '1')}${app('two', '1')}`,
    'nothing.py': 'value = 1\n',
    'factory.py': 'def create_app(name="x"):\n    return None\ndef needs(one):\n    pass\n',
    'kinds.py': `
import os
number = 4
none = None
class Plain: pass
class Meta(type):
    def __call__(cls, environ, start_response): return []
class Made(metaclass=Meta): pass
plain = Plain()
async def asgi(scope, receive, send): pass
class Starlette:
    async def __call__(self, scope, receive, send): pass
starlette = Starlette()
def three(a, b, c): pass
def optional(environ, start_response, extra=None): return []
def anything(*args): return []
class Methods:
    def good(self, environ, start_response): return []
    def bad(self, request): return []
methods = Methods()
`,
    'mysite/__init__.py': '',
    'mysite/settings.py': "INSTALLED_APPS = []\nWSGI_APPLICATION = 'mysite.wsgi.application'\n",
    'mysite/other_settings.py': "ROOT_URLCONF = 'mysite.urls'\n",
    'mysite/wsgi.py': app('application', '1'),
    'mysite/asgi.py': 'async def application(scope, receive, send): pass\n',
    'outer/inner/__init__.py': '',
    'outer/inner/wsgi.py': app('application', '1'),
    'file.txt': '',
    'imports_package.py': '\nimport no_such_package.sub\n',
    'imports_import.py': 'import imports_package\n',
    'imports_own.py': 'import mysite.urls\n',
    'imports_self.wsgi': 'import missing_too\n',
    'settings_env.py':
      "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'wrong.settings'\nimport importlib\nimportlib.import_module('wrong.settings')\n",
    'raises.py': "raise RuntimeError('no database')\n",
    'raises_import.py': "raise ImportError('cannot')\n",
    'raises_module.py': "raise ModuleNotFoundError('install the thing')\n",
    'syntax.py': 'def :\n',
    'exits.py': 'import sys\nsys.exit(4)\n',
    'module_attribute.py': "def __getattr__(name):\n    raise AttributeError(f'own {name}')\n",
  });

  const CALLABLE = 'expected a callable that takes environ and start_response';
  const CALL =
    'expected NAME, NAME.ATTRIBUTE or a call with literals, as in make("production", debug=False)';
  const missing = (text: string, name: string) =>
    `${text}, which is not installed for PYTHON (Python VERSION): PYTHON -m pip install ${name}, or choose another interpreter with --python`;

  it.for([
    ['ap', 'there is no module ap; did you mean app?'],
    [
      'quite_another',
      'there is no module quite_another in ., nor where PYTHON looks for modules; --chdir changes that directory, --pythonpath adds others, --python chooses the interpreter',
    ],
    ['mysite.wgsi', 'there is no module mysite.wgsi; did you mean mysite.wsgi?'],
    [
      'mysite.wsgi.application',
      'there is no module mysite.wsgi.application, but mysite.wsgi has that name: did you mean mysite.wsgi:application?',
    ],
    ['app.wsgi', 'there is no module app.wsgi: app is a single file (./app.py), not a package'],
    [
      'inner.wsgi',
      'there is no module inner.wsgi in ., but there is one in outer: did you mean --chdir outer?',
    ],
    ['ap.py', 'there is no file ap.py; did you mean app.py?'],
    ['no/app.py', 'there is no file no/app.py, and no directory no either'],
    ['mysite/zz.py', /^there is no file mysite\/zz.py; in that directory there are __init__.py, /],
    ['mysite/wsgi', 'there is no file mysite/wsgi; did you mean mysite/wsgi.py?'],
    ['./mysite', './mysite is a directory; name a file in it, or a module as in package.module'],
    [
      'my-module',
      'my-module is neither a file nor a module; expected one as in app.py or package.module',
    ],
    ['app:', 'app:: there is nothing after the colon; expected MODULE:NAME'],
    ['app:ap', 'the module app (./app.py) has no ap; did you mean app:app?'],
    ['app:app.x', 'app:app, which is of type function, has no x'],
    ['app:app(', `app:app( cannot be read; ${CALL}`],
    ['app:app + 1', `app:app + 1 is no name and no call; ${CALL}`],
    [
      'factory:create_app(name)',
      `factory:create_app(name) has an argument that is no literal; ${CALL}`,
    ],
    [
      'factory:create_app(**{})',
      `factory:create_app(**{}) has an argument that is no literal; ${CALL}`,
    ],
    [
      'factory:needs()',
      /^factory:needs\(\) cannot be called like this: needs\(\) missing 1 required positional argument/,
    ],
    [
      'factory',
      /factory \(\.\/factory\.py\) has neither application nor app; did you mean factory:create_app\(\)\?$/,
    ],
    [
      'factory:create_app',
      'factory:create_app takes 1 argument; a WSGI application takes two, environ and start_response; if it makes an application: factory:create_app()',
    ],
    ['factory:create_app()', `factory:create_app() is None, not a WSGI application; ${CALLABLE}`],
    ['named', 'named (./named.py) has neither application nor app; did you mean named:server?'],
    [
      'several',
      'several (./several.py) has neither application nor app; its callables are one, two: name one, as in several:one',
    ],
    [
      'nothing',
      'nothing (./nothing.py) has neither application nor app; name what it has instead, as in nothing:NAME',
    ],
    ['nothing:value', `nothing:value is an int, not a WSGI application; ${CALLABLE}`],
    ['kinds:plain', /^kinds:plain is a Plain, not a WSGI application; its callables are /],
    ['kinds:os', /^kinds:os is the module os, not a WSGI application; /],
    [
      'kinds:Plain',
      'kinds:Plain is a class whose instances are no response, because they cannot be iterated; name an instance of it, or have one made: kinds:Plain()',
    ],
    [
      'kinds:asgi',
      'kinds:asgi is an ASGI application; wizgi serves WSGI applications: run it with an ASGI server, or wrap it (a2wsgi.ASGIMiddleware)',
    ],
    ['kinds:starlette', /^kinds:starlette is an ASGI application \(kinds\.Starlette\); /],
    [
      'mysite.asgi',
      'mysite.asgi:application is an ASGI application; wizgi serves WSGI applications: name its WSGI module, as in mysite.wsgi',
    ],
    [
      'kinds:three',
      'kinds:three takes 3 arguments; a WSGI application takes two, environ and start_response',
    ],
    ['kinds:methods.bad', /^kinds:methods\.bad takes 1 argument; /],
    [
      'mysite.settings',
      "mysite.settings holds Django's settings, not an application; did you mean mysite.wsgi:application?",
    ],
    [
      'mysite.other_settings:app',
      "mysite.other_settings holds Django's settings, not an application; did you mean mysite.wsgi?",
    ],
    [
      'imports_package',
      missing("imports_package.py, line 2, imports 'no_such_package'", 'no_such_package'),
    ],
    [
      'imports_import',
      missing("imports_package.py, line 2, imports 'no_such_package'", 'no_such_package'),
    ],
    [
      'imports_self.wsgi',
      missing("imports_self.wsgi, line 1, imports 'missing_too'", 'missing_too'),
    ],
    ['imports_own', "imports_own.py, line 1, imports 'mysite.urls', which does not exist"],
    [
      'settings_env',
      "DJANGO_SETTINGS_MODULE is 'wrong.settings', of which there is no module wrong; set it with -e, or add a directory with --pythonpath",
    ],
    [
      'exits',
      'exits ends the process while it is imported (SystemExit 4); put what it does as a program under if __name__ == "__main__":',
    ],
  ] as const)('%s', async ([target, message], context) => {
    const { error, raised } = await load(need('python3', context), directory, target);
    expect(raised).toBeUndefined();
    const text = error?.replace(/\(Python \d\.\d+\)/, '(Python VERSION)');
    if (typeof message === 'string') expect(text).toBe(message);
    else expect(text).toMatch(message);
    expect(text).not.toContain('\n');
  });

  it.for([
    ['raises', 'RuntimeError: no database'],
    ['raises_import', 'ImportError: cannot'],
    ['raises_module', 'ModuleNotFoundError: install the thing'],
    ['syntax', /^SyntaxError: invalid syntax/],
    ['syntax.py', /^SyntaxError: invalid syntax/],
    ['module_attribute:x', 'AttributeError: own x'],
  ] as const)('%s: its own error passes', async ([target, message], context) => {
    const { raised } = await load(need('python3', context), directory, target);
    if (typeof message === 'string') expect(raised).toBe(message);
    else expect(raised).toMatch(message);
  });

  it.for(['kinds:Made', 'kinds:optional', 'kinds:anything', 'kinds:methods.good'])(
    '%s is none',
    async (target, context) => {
      expect(await load(need('python3', context), directory, target)).toMatchObject({ body: '' });
    },
  );
});

describe('what modules with Flask have beside an application', () => {
  const imports = 'from flask import Flask, current_app, request, session\n';
  const directory = project({
    'named.py': `${imports}server = Flask(__name__)\n@server.route('/')\ndef index(): return ''\n`,
    'factory.py': `${imports}def create_app():\n    return Flask(__name__)\n`,
    'proxied.py': `from werkzeug.local import LocalProxy\n${app('real', "'behind'")}app = LocalProxy(lambda: real)\n`,
  });

  it.for([
    ['named', 'named (./named.py) has neither application nor app; did you mean named:server?'],
    ['named:app', 'the module named (./named.py) has no app; did you mean named:server?'],
    ['named:Flask', /^named:Flask is a class whose instances are no response/],
    ['named:index', /^named:index takes 0 arguments; /],
    [
      'factory',
      'factory (./factory.py) has neither application nor app; did you mean factory:create_app()?',
    ],
  ] as const)('%s', async ([target, message], context) => {
    const { error } = await load(needPackages(['flask'], context), directory, target);
    if (typeof message === 'string') expect(error).toBe(message);
    else expect(error).toMatch(message);
  });

  it('a proxy is as good as what it stands for', async (context) => {
    const python = needPackages(['flask'], context);
    expect(await load(python, directory, 'proxied')).toMatchObject({ body: 'behind' });
  });
});

describe('files to watch', () => {
  const directory = project({
    'app.py': `import part\nimport json\n${app('app', '1')}`,
    'part.py': '',
    'script.wsgi': `import part\n${app('application', '1')}`,
    'broken.py': 'import part\nimport half\n',
    'half.py': 'def :\n',
    'missing.py': 'import no_such_package\n',
  });

  it.for([
    ['app', ['./app.py', './part.py']],
    ['app.py', ['./app.py', './part.py']],
    ['script.wsgi', ['./part.py', './script.wsgi']],
    ['broken', ['./broken.py', './half.py', './part.py']],
    ['missing', ['./missing.py']],
    ['app:nope', ['./app.py', './part.py']],
  ] as const)('%s', async ([target, watched], context) => {
    expect(await load(need('python3', context), directory, target)).toMatchObject({ watched });
  });
});
