"""Says what is missing and what was probably meant; loaded when something is."""
import os
import sys

# Code that imports on behalf of other code.
MACHINERY = [
    part.replace("/", os.sep) for part in ("/importlib/", "/paste/deploy/", "/configparser.py")
]
FACTORIES = ("create_app", "make_app", "get_app", "get_wsgi_application", "main")
MANY = 8
NO_APPLICATIONS = (type, type(os), type(len))


def file(place, path, endings):
    """Of a file that the target names."""
    folder = os.path.dirname(path)
    if os.path.isdir(path):
        return f"{place} is a directory; name a file in it, or a module as in package.module"
    if not os.path.isdir(folder):
        return f"there is no file {place}, and no directory {os.path.dirname(place)} either"
    others = sorted(name for name in os.listdir(folder) if name.endswith(endings))
    guess = near(os.path.basename(path), others)
    if guess is not None:
        meant = os.path.join(os.path.dirname(place), guess)
        return f"there is no file {place}; did you mean {meant}?"
    if not others:
        return f"there is no file {place}"
    return f"there is no file {place}; in that directory there are {listing(others)}"


def module(name, directory):
    """Of a module that the target names."""
    head = f"there is no module {name}"
    parent, _, last = name.rpartition(".")
    package = sys.modules.get(parent)
    if package is not None and hasattr(package, last):
        return f"{head}, but {parent} has that name: did you mean {parent}:{last}?"
    if package is not None and not hasattr(package, "__path__"):
        return f"{head}: {parent} is a single file ({package.__file__}), not a package"
    inner = nested(name, directory)
    if inner is not None:
        return f"{head} in {directory}, but there is one in {inner}: did you mean --chdir {inner}?"
    folders = [directory] if package is None else list(package.__path__)
    if package is not None or not parent:
        guess = near(last, sorted(set().union(*map(modules_in, folders))))
        if guess is not None:
            meant = f"{parent}.{guess}" if parent else guess
            return f"{head}; did you mean {meant}?"
    return (
        f"{head} in {folders[0]}, nor where {sys.executable} looks for modules; "
        "--chdir changes that directory, --pythonpath adds others, --python chooses the interpreter"
    )


def nested(name, directory):
    """A directory below this one that the module could be imported from."""
    relative = name.replace(".", os.sep)
    for folder in sorted(entry for entry in os.listdir(directory) if not entry.startswith(".")):
        for tail in (".py", os.sep + "__init__.py"):
            if os.path.isfile(os.path.join(directory, folder, relative + tail)):
                return folder
    return None


def modules_in(folder):
    try:
        entries = os.listdir(folder)
    except OSError:
        return set()
    packages = {
        entry for entry in entries if os.path.isfile(os.path.join(folder, entry, "__init__.py"))
    }
    return packages | {entry[:-3] for entry in entries if entry.endswith(".py")} - {"__init__"}


def application(module, place):
    """Of the usual names in a module."""
    django = django_settings(module, place)
    if django is not None:
        return django
    head = f"{place} ({origin(module)}) has neither application nor app"
    found = candidates(module, place)
    return f"{head}; {found or f'name what it has instead, as in {place}:NAME'}"


def attribute(value, name, owner):
    """Of a name that the target has after the colon."""
    if isinstance(value, type(os)):
        django = django_settings(value, owner)
        if django is not None:
            return django
        names = [key for key in vars(value) if not key.startswith("_")]
        guess = near(name, names)
        what = f"the module {owner} ({origin(value)})"
    else:
        guess = near(name, [key for key in dir(value) if not key.startswith("_")])
        what = f"{owner}, which is of type {type(value).__name__},"
    head = f"{what} has no {name}"
    if guess is not None:
        mark = "." if ":" in owner else ":"
        return f"{head}; did you mean {owner}{mark}{guess}?"
    found = candidates(value, owner) if isinstance(value, type(os)) else ""
    return f"{head}; {found}" if found else head


def django_settings(module, place):
    """Settings are what Django's users name at first."""
    if not hasattr(module, "INSTALLED_APPS") and not hasattr(module, "ROOT_URLCONF"):
        return None
    target = getattr(module, "WSGI_APPLICATION", None)
    if isinstance(target, str) and "." in target:
        meant = ":".join(target.rsplit(".", 1))
    else:
        meant = place.rpartition(".")[0] + ".wsgi"
    return f"{place} holds Django's settings, not an application; did you mean {meant}?"


def candidates(module, place):
    """What in a module may be meant, as the end of a message, or an empty string."""
    from .check import code_of, objection

    apps, factories, others = [], [], []
    for name, value in list(vars(module).items()):
        if name.startswith("_") or not callable(value) or is_no_application(value):
            continue
        is_function = code_of(value) is not None
        if is_function and value.__module__ != module.__name__:
            # Imported from elsewhere.
            continue
        if is_function and name in FACTORIES:
            factories.append(name)
        elif objection(value, name, None) is None:
            apps.append(name)
        else:
            others.append(name)
    if len(apps) == 1:
        return f"did you mean {place}:{apps[0]}?"
    if apps:
        return f"its callables are {listing(apps)}: name one, as in {place}:{apps[0]}"
    if factories:
        return f"did you mean {place}:{factories[0]}()?"
    return f"its callables are {listing(others)}" if others else ""


def is_no_application(value):
    """Of callables that modules have for other reasons, as Flask's proxies, such as request."""
    kind = type(value)
    return issubclass(kind, NO_APPLICATIONS) or hasattr(kind, "_get_current_object")


def dependency(error, directory):
    """Of a module that the application imports; None when the error does not tell its name."""
    name, importer = error.name, asked_in(error)
    if not name or importer is None:
        return None
    file_name, line = importer
    shown = relative(file_name, directory)
    settings = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    if f"{settings}.".startswith(f"{name}."):
        return (
            f"DJANGO_SETTINGS_MODULE is {settings!r}, of which there is no module {name}; "
            "set it with -e, or add a directory with --pythonpath"
        )
    head = f"{shown}, line {line}, imports"
    if is_local(name, directory):
        return f"{head} {name!r}, which does not exist"
    return f"{head} {not_installed(repr(name), name)}"


def is_local(name, *folders):
    """Whether a missing module belongs to a package that is there: nothing can be installed."""
    top = name.partition(".")[0]
    return top in sys.modules or any(top in modules_in(folder) for folder in folders)


def not_installed(shown, name):
    version = "%d.%d" % sys.version_info[:2]
    top = name.partition(".")[0]
    return (
        f"{shown}, which is not installed for {sys.executable} (Python {version}): "
        f"{sys.executable} -m pip install {top}, or choose another interpreter with --python"
    )


def is_asked_by(error, path):
    """Whether the innermost code that ran, imports left out, is that of a file."""
    importer = asked_in(error)
    return importer is not None and os.path.samefile(importer[0], path)


def asked_in(error):
    """The file and line that asked for what is missing."""
    found, trace = None, error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if not name.startswith("<frozen importlib") and not any(part in name for part in MACHINERY):
            found = (name, trace.tb_lineno)
        trace = trace.tb_next
    return found


def origin(module):
    return getattr(module, "__file__", None) or "built into Python"


def relative(path, directory):
    inside = os.path.abspath(path).startswith(os.path.join(directory, ""))
    return os.path.relpath(path, directory) if inside else path


def near(word, names):
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, names, 1)), None)


def listing(names):
    return ", ".join(names[:MANY]) + (", …" if len(names) > MANY else "")
