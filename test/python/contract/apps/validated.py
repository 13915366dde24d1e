"""Applications that keep every rule, with CPython's validator around them."""
import io
from wsgiref.validate import validator

TEXT = [("Content-Type", "text/plain")]


def listed(environ, start_response):
    start_response("200 OK", TEXT)
    return [b"a", b"b"]


def empty(environ, start_response):
    start_response("200 OK", TEXT)
    return []


def generated(environ, start_response):
    start_response("200 OK", TEXT)
    yield b"a"
    yield b""
    yield b"b"


def written(environ, start_response):
    write = start_response("200 OK", TEXT)
    write(b"a")
    return [b"b"]


def long(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "1000000")])
    return iter([bytes(100_000)] * 10)


def no_content(environ, start_response):
    start_response("204 No Content", [("X-A", "b")])
    return []


def not_modified(environ, start_response):
    start_response("304 Not Modified", [("ETag", '"a"')])
    return []


def replaced(environ, start_response):
    import sys

    start_response("200 OK", TEXT)
    try:
        raise LookupError
    except LookupError:
        start_response("503 Busy", TEXT, sys.exc_info())
    return [b"busy"]


def file(environ, start_response):
    start_response("200 OK", TEXT)
    return environ["wsgi.file_wrapper"](io.BytesIO(bytes(300_000)), 50_000)


def logs(environ, start_response):
    stream = environ["wsgi.errors"]
    stream.write("written\n")
    stream.writelines(["and ", "more\n"])
    stream.flush()
    start_response("200 OK", TEXT)
    return [b""]


def read(environ, start_response):
    """By every method, and to the end."""
    stream = environ["wsgi.input"]
    parts = [stream.read(10), stream.readline(), stream.readline(5)]
    parts += stream.readlines(3)
    parts += iter(stream)
    parts.append(stream.read(1000))
    start_response("200 OK", TEXT)
    return [b"".join(parts)]


def breaks(environ, start_response):
    """One that the validator must find."""
    start_response("200 OK", TEXT)
    return "text"


def dispatch(environ, start_response):
    return globals()[environ["PATH_INFO"].split("/")[1]](environ, start_response)


application = validator(dispatch)
