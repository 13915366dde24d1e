"""`/environ`, `/mutate` and `/url`: what the server says of the request."""
from urllib.parse import quote

from .answers import answer_json, answer_text

METHODS = ("read", "readline", "readlines", "write", "writelines", "flush")


def dump_environ(environ, start_response, query, entry):
    """Everything in the environ, as JSON can say it."""
    shown = {key: show(environ[key]) for key in sorted(environ)}
    return answer_json(start_response, {"dictionary": type(environ) is dict, "environ": shown})


def show(value):
    """Numbers, strings and lists are shown; of an object, what can be done with it."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, (list, tuple)):
        return [show(item) for item in value]
    found = [name for name in METHODS if callable(getattr(value, name, None))]
    if hasattr(value, "__iter__"):
        found.append("iterate")
    if callable(value):
        found.append("call")
    return {"methods": sorted(found)}


def mutate_environ(environ, start_response, query, entry):
    """Changes its environ in every way; the next request must not see any of it."""
    environ["kit.mark"] = "left behind"
    environ["HTTP_X_MARK"] = "left behind"
    del environ["SERVER_NAME"]
    done = environ["kit.mark"] == "left behind" and "SERVER_NAME" not in environ
    return answer_text(start_response, "changed" if done else "not changed")


def reconstruct_url(environ, start_response, query, entry):
    """The URL of the request, put together again. (PEP 3333, URL Reconstruction)"""
    scheme = environ["wsgi.url_scheme"]
    usual = "443" if scheme == "https" else "80"
    host = environ.get("HTTP_HOST")
    if not host:
        port = environ["SERVER_PORT"]
        host = environ["SERVER_NAME"] + ("" if port == usual else ":" + port)
    path = "".join(
        quote(environ.get(name, ""), safe="/", encoding="latin-1")
        for name in ("SCRIPT_NAME", "PATH_INFO")
    )
    query_string = environ.get("QUERY_STRING")
    url = scheme + "://" + host + path + ("?" + query_string if query_string else "")
    return answer_text(start_response, url)
