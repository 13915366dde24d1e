"""Tells what is no WSGI application before the first request does.

Asks types only, not values: a proxy may run code, or raise, when it is asked for an attribute.
"""
from types import FunctionType, MethodType

CO_VARARGS = 0x04
CO_COROUTINE = 0x80
CO_ASYNC_GENERATOR = 0x200


def objection(app, shown, module):
    """Why a value found in `module` (or None) cannot be served, in one line, or None if it can."""
    code = code_of(app)
    is_class = issubclass(type(app), type)
    if _is_asynchronous(code or code_of(getattr(type(app), "__call__", None))):
        kind = "" if code else f" ({type(app).__module__}.{type(app).__name__})"
        return (
            f"{shown} is an ASGI application{kind}; wizgi serves WSGI applications: "
            f"{_asgi_remedy(shown)}"
        )
    if not callable(app):
        return f"{shown} is {_describe(app)}, not a WSGI application; {_other(module, shown)}"
    if is_class:
        return _class_objection(app, shown)
    return _signature_objection(app, shown) if code else None


def middleware_objection(app, shown):
    """Why a value is no middleware, in one line, or None if it may be."""
    if callable(app):
        return None
    return (
        f"{shown} is {_describe(app)}, not WSGI middleware; expected a callable that takes an "
        "application and gives one"
    )


def code_of(function):
    """The code of a function or method, None for anything else."""
    if type(function) is MethodType:
        function = function.__func__
    return function.__code__ if type(function) is FunctionType else None


def _is_asynchronous(code):
    return code is not None and bool(code.co_flags & (CO_COROUTINE | CO_ASYNC_GENERATOR))


def _asgi_remedy(shown):
    if ".asgi:" in shown:
        return f"name its WSGI module, as in {shown.split('.asgi:')[0]}.wsgi"
    return "run it with an ASGI server, or wrap it (a2wsgi.ASGIMiddleware)"


def _class_objection(app, shown):
    """An application may be a class whose instances are the response. (PEP 3333, Framework Side)"""
    makes_others = app.__new__ is not object.__new__ or type(app).__call__ is not type.__call__
    if makes_others or hasattr(app, "__iter__") or hasattr(app, "__getitem__"):
        return None
    return (
        f"{shown} is a class whose instances are no response, because they cannot be iterated; "
        f"name an instance of it, or have one made: {shown}()"
    )


def _signature_objection(app, shown):
    """Only of plain functions can be told what they take."""
    code = code_of(app)
    bound = 1 if type(app) is MethodType else 0
    most = code.co_argcount - bound
    least = most - len(app.__defaults__ or ())
    if (most >= 2 or code.co_flags & CO_VARARGS) and least <= 2:
        return None
    number = f"{most} argument" + ("" if most == 1 else "s")
    hint = f"; if it makes an application: {shown}()" if least <= 0 else ""
    return (
        f"{shown} takes {number}; a WSGI application takes two, environ and start_response{hint}"
    )


def _describe(value):
    if value is None:
        return "None"
    name = type(value).__name__
    if name == "module":
        return f"the module {value.__name__}"
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _other(module, shown):
    expected = "expected a callable that takes environ and start_response"
    if module is None or shown.endswith(")"):
        return expected
    from . import missing

    return missing.candidates(module, shown.rpartition(":")[0]) or expected
