"""Applications that PasteDeploy puts together from an ini file; the library itself does it."""
import os
from configparser import Error, RawConfigParser

from . import missing
from .target import TargetError

APPLICATIONS = ("app", "application", "composite", "composit", "pipeline", "filter-app")


def load(path, section, place, directory):
    """Gives the application of a section, once logging is set up as the file says.

    `place` is the path as the user wrote it. Raises TargetError.
    """
    try:
        from paste.deploy import loadapp
    except ModuleNotFoundError as error:
        if error.name not in ("paste", "paste.deploy"):
            raise
        lacking = missing.not_installed("PasteDeploy", "PasteDeploy")
        raise TargetError(f"{place} needs {lacking}") from error
    sections = read_sections(path, place)
    check_section(section, sections, place)
    if "loggers" in sections:
        set_up_logging(path, place)
    from urllib.parse import quote

    try:
        return loadapp("config:" + quote(path), name=section)
    except Exception as error:
        # What an application's factory raises is its own, with its traceback.
        if not missing.is_asked_by(error, __file__):
            raise
        raise TargetError(f"{place} {explain(error, path, directory)}") from error


def read_sections(path, place):
    parser = RawConfigParser(strict=False)
    try:
        with open(path, encoding="utf-8") as file:
            parser.read_file(file)
    except (Error, OSError, ValueError) as error:
        raise TargetError(f"{place} cannot be read: {one_line(error)}") from error
    return parser.sections()


def check_section(section, sections, place):
    names = []
    for title in sections:
        prefix, colon, name = title.partition(":")
        if colon and prefix in APPLICATIONS:
            names.append(name.strip())
    if section in names:
        return
    guess = missing.near(section, names)
    if guess is not None:
        hint = f"did you mean {place}#{guess}?"
    elif names:
        hint = f"there are {missing.listing(names)}: name one, as in {place}#{names[0]}"
    else:
        hint = "an application has a section such as [app:main]"
    raise TargetError(f"{place} has no application named {section}; {hint}")


def set_up_logging(path, place):
    from logging.config import fileConfig

    # The values go through interpolation.
    defaults = {"here": os.path.dirname(path), "__file__": path}
    defaults = {name: value.replace("%", "%%") for name, value in defaults.items()}
    try:
        fileConfig(path, defaults, disable_existing_loggers=False)
    except Exception as error:
        reason = f"{type(error).__name__}: {one_line(error)}"
        raise TargetError(f"{place} sets up logging in a way that fails: {reason}") from error


def explain(error, path, directory):
    name = getattr(error, "name", None)
    if isinstance(error, ModuleNotFoundError) and name:
        if type(error) is not ModuleNotFoundError:
            # importlib.metadata's, for a distribution.
            return f"uses egg:{missing.not_installed(name, name)}"
        if missing.is_local(name, os.path.dirname(path), directory):
            return f"names the module {name}, which does not exist"
        return f"uses {missing.not_installed(repr(name), name)}"
    return f"cannot be used: {one_line(error)}"


def one_line(error):
    return " ".join(str(error).split())
