"""Finds the WSGI application that a TARGET names.

    package.module              its name application, else app
    package.module:name.attr    another name
    package.module:make("x")    what a call gives
    file.py, file.wsgi          with any of these after a colon
    site.ini, site.ini#section  what PasteDeploy puts together
"""
import os
import sys

USUAL = ("application", "app")
SOURCES = (".py", ".wsgi")
PASTE = (".ini", ".cfg")

# Files that went into the application and that sys.modules does not tell of.
_files = set()


class TargetError(Exception):
    """A mistake of the user's, told in one line that names the remedy."""


def load(spec, directory, pythonpath=(), middleware=False):
    """Gives the application, or what makes one of another.

    Modules are looked for in `pythonpath`, beside a file that the target names, in `directory`, and
    then where Python does. What the application's own code raises passes, except for modules that
    are not installed.

    Raises TargetError.
    """
    search(pythonpath, [directory], directory)
    try:
        return find(spec, directory, pythonpath, middleware)
    except ModuleNotFoundError as error:
        remember(error)
        from . import missing

        message = missing.dependency(error, directory)
        if message is None:
            raise
        raise TargetError(message) from error
    except SystemExit as error:
        raise TargetError(
            f"{spec} ends the process while it is imported (SystemExit {error.code!r}); "
            'put what it does as a program under if __name__ == "__main__":'
        ) from error
    except Exception as error:
        remember(error)
        raise error.with_traceback(without_imports(error))


def wrap(middleware, app, spec):
    """Puts middleware around an application. Raises TargetError when it gives none."""
    from . import check

    wrapped = middleware(app)
    message = check.objection(wrapped, f"{spec}(app)", None)
    if message is not None:
        raise TargetError(message)
    return wrapped


def find(spec, directory, pythonpath, middleware):
    place, mark, section = spec.rpartition("#") if "#" in spec else (spec, "", "")
    if place.endswith(PASTE):
        from . import paste

        path = existing(place, directory)
        search(pythonpath, [os.path.dirname(path), directory], directory)
        return checked(
            paste.load(path, section or "main", place, directory), spec, None, middleware
        )
    place, expression = split(spec, directory)
    module = import_place(place, directory, pythonpath)
    name, app = pick(module, expression, place)
    return checked(app, f"{place}:{name}", module, middleware)


def split(spec, directory):
    """The module or file that a target names, and what stands after the colon."""
    if os.path.isfile(os.path.join(directory, spec)):
        return spec, ""
    drive, rest = os.path.splitdrive(spec)
    place, colon, expression = rest.partition(":")
    if colon and not expression.strip():
        raise TargetError(f"{spec}: there is nothing after the colon; expected MODULE:NAME")
    return drive + place, expression


def import_place(place, directory, pythonpath):
    path = os.path.join(directory, place)
    # Where there are both, a file beats a module: mysite.wsgi is one more often than a package's.
    if place.endswith(SOURCES) and os.path.isfile(path):
        return import_file(os.path.abspath(path), pythonpath, directory)
    if place.endswith(".py") or "/" in place or os.sep in place:
        existing(place, directory)
    if not all(part.isidentifier() for part in place.split(".")):
        raise TargetError(
            f"{place} is neither a file nor a module; expected one as in app.py or package.module"
        )
    return import_module(place, directory)


def existing(place, directory):
    """The absolute path of a file that must be there."""
    path = os.path.abspath(os.path.join(directory, place))
    if not os.path.isfile(path):
        from . import missing

        raise TargetError(missing.file(place, path, SOURCES + PASTE))
    _files.add(path)
    return path


def import_module(name, directory):
    from importlib import import_module

    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        from . import missing

        if not missing.is_asked_by(error, __file__):
            raise
        raise TargetError(missing.module(name, directory)) from error


def import_file(path, pythonpath, directory):
    """Imports a file under a name by which others can import it too, where there is one."""
    _files.add(path)
    root, name = module_name(path)
    search(pythonpath, [root, directory], directory)
    if path.endswith(".py") and leads_to(name, path):
        from importlib import import_module

        return import_module(name)
    return import_alone(path)


def module_name(path):
    """The name of a source file's module, and the directory that it is imported from."""
    root, base = os.path.split(path)
    stem = base.rpartition(".")[0]
    if not path.endswith(".py"):
        return root, stem
    parts = [] if stem == "__init__" else [stem]
    while os.path.isfile(os.path.join(root, "__init__.py")) and root != os.path.dirname(root):
        root, package = os.path.split(root)
        parts.insert(0, package)
    return root, ".".join(parts)


def leads_to(name, path):
    """Whether the import of a name gives this very file."""
    parts = name.split(".")
    # A module that is loaded before the application, such as site, is not the application's.
    if parts[0] in sys.modules or not all(part.isidentifier() for part in parts):
        return False
    from importlib.util import find_spec

    spec = find_spec(name)
    origin = spec and spec.origin
    return bool(origin) and os.path.exists(origin) and os.path.samefile(origin, path)


def import_alone(path):
    """Imports a file that no import statement finds, under a name that is no other module's."""
    from importlib.machinery import SourceFileLoader
    from importlib.util import module_from_spec, spec_from_file_location

    class UncachedLoader(SourceFileLoader):
        # The cache of mysite.wsgi would be that of mysite.py.
        def get_code(self, fullname):
            return self.source_to_code(self.get_data(self.path), self.path)

    name = free_name(os.path.basename(path))
    spec = spec_from_file_location(name, path, loader=UncachedLoader(name, path))
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    # As after an import statement: a module may have put another object in its place.
    return sys.modules.get(name, module)


def free_name(base):
    from importlib.util import find_spec

    def as_name(text):
        name = "".join(letter if letter.isidentifier() else "_" for letter in "_" + text)[1:]
        return name if name[:1].isidentifier() else "_" + name

    name = as_name(base.rpartition(".")[0])
    if name in sys.modules or find_spec(name) is not None:
        name = as_name(base)
    while name in sys.modules or find_spec(name) is not None:
        name += "_"
    return name


def pick(module, expression, place):
    """The application in a module, and what it is called there."""
    if expression:
        return expression, evaluate(module, expression, place)
    for name in USUAL:
        if hasattr(module, name):
            return name, getattr(module, name)
    from . import missing

    raise TargetError(missing.application(module, place))


def evaluate(module, expression, place):
    names = expression.split(".")
    if not all(name.isidentifier() for name in names):
        from .expression import evaluate_call

        return evaluate_call(module, expression, place)
    value = module
    for index, name in enumerate(names):
        value = attribute(value, name, ":".join([place, ".".join(names[:index])]).rstrip(":"))
    return value


def attribute(value, name, owner):
    try:
        return getattr(value, name)
    except AttributeError as error:
        from . import missing

        if missing.is_asked_by(error, __file__):
            raise TargetError(missing.attribute(value, name, owner)) from error
        raise


def checked(app, shown, module, middleware):
    from . import check

    message = (
        check.middleware_objection(app, shown)
        if middleware
        else check.objection(app, shown, module)
    )
    if message is not None:
        raise TargetError(message)
    return app


def search(pythonpath, folders, directory):
    """Has modules looked for here before all other places."""
    first = [os.path.abspath(os.path.join(directory, entry)) for entry in pythonpath]
    first = list(dict.fromkeys(first + folders))
    sys.path[:] = first + [entry for entry in sys.path if entry not in first]


def remember(error):
    """Keeps the files that failed, which Python forgets: their next version may do better."""
    if isinstance(error, SyntaxError) and error.filename:
        _files.add(error.filename)
    trace = error.__traceback__
    while trace is not None:
        _files.add(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next


def without_imports(error):
    """The traceback from the application's first line on, without the machinery that led there."""
    own = os.path.dirname(os.path.abspath(__file__)) + os.sep
    machinery = f"{os.sep}importlib{os.sep}__init__.py"
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if not name.startswith((own, "<frozen importlib")) and not name.endswith(machinery):
            break
        trace = trace.tb_next
    return trace


def watched_files():
    """The application's files as far as they are known, without Python's and installed packages."""
    library = os.path.dirname(os.__file__)
    own = os.path.dirname(os.path.abspath(__file__))
    skipped = (library + os.sep, own + os.sep)
    installed = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
    files = set(_files)
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str):
            files.add(os.path.abspath(file))
    return sorted(
        file
        for file in files
        if os.path.isfile(file)
        and not file.startswith(skipped)
        and not any(part in file for part in installed)
    )
