"""start_response: what it takes, when it may be called, and what comes of it."""
import gc
import sys
import weakref

import events

TEXT = [("Content-Type", "text/plain")]


def tried(environ, start_response):
    """Calls start_response with what the content says, in Python's words."""
    arguments = eval(environ["wsgi.input"].read().decode("latin-1"))
    try:
        start_response(*arguments)
    except Exception as error:
        events.record(environ, events.named(error))
        raise
    return [b"taken"]


def write_each_time(environ, start_response):
    first = start_response("200 First", TEXT)
    second = start_response("200 Second", TEXT, boom())
    events.record(environ, [callable(first), callable(second)])
    first(b"by the first, ")
    second(b"by the second")
    return []


def boom():
    try:
        raise LookupError("boom")
    except LookupError:
        return sys.exc_info()


def waits(environ, start_response):
    """Sends nothing before there is content."""
    start_response("200 OK", TEXT)
    events.wait(environ)
    yield b""
    start_response("200 Changed", TEXT, boom())
    yield b"content"


def twice(environ, start_response):
    start_response("200 OK", TEXT)
    return refused(environ, start_response)


def twice_after_bad(environ, start_response):
    try:
        start_response("bad", TEXT)
    except ValueError:
        pass
    return refused(environ, start_response)


def refused(environ, start_response):
    try:
        start_response("200 Again", TEXT)
    except AssertionError as error:
        events.record(environ, events.named(error))
        raise
    return [b"not refused"]


def replaced(environ, start_response):
    start_response("200 OK", [("X-First", "1"), ("Content-Length", "5")])
    start_response("500 Second", [("X-Second", "2")], boom())
    start_response("503 Third", [("X-Third", "3")], boom())
    return [b"replaced whole"]


def replaced_by_bad(environ, start_response):
    start_response("200 OK", [("X-First", "1")])
    try:
        start_response("bad", [], boom())
    except ValueError as error:
        events.record(environ, events.named(error))
    return [b"neither may be sent"]


def error_first(environ, start_response):
    start_response("500 Prepared", TEXT, boom())
    return [b"an error page"]


def empty_exc_info(environ, start_response):
    start_response("200 OK", TEXT, None)
    return [b"no error"]


def reraised(environ, start_response):
    """After the first bytes the very same exception comes back."""
    how = events.parameter(environ, "how")
    headers = [("Content-Length", "5")] if "length" in how else TEXT
    write = start_response("200 OK", headers)
    if "write" in how:
        write(b"first")
        handle(environ, start_response)
    yield b"first"
    handle(environ, start_response)
    yield b"never"


def handle(environ, start_response):
    original = RuntimeError("original")
    try:
        try:
            raise original
        except RuntimeError:
            start_response("500 Too Late", TEXT, sys.exc_info())
    except BaseException as error:
        events.record(environ, [error is original, events.named(error)])
        raise


def lazily(environ, start_response):
    yield b""
    start_response("200 Late", [("X-Late", "yes")])
    yield b""
    yield b"late"


def never(environ, start_response):
    return events.Tracked(environ, {"none": [], "some": [b"content"]}[events.parameter(environ, "what")])


def never_list(environ, start_response):
    return [b"content"]


def content_first(environ, start_response):
    yield b"content"
    start_response("200 OK", TEXT)


def snapshot(environ, start_response):
    headers = [("X-A", "1")]
    start_response("200 OK", headers)
    headers.append(("X-Later", "2"))
    headers[0] = ("X-A", "3")
    return [b"x"]


def after_end(environ, start_response):
    def blocks():
        yield b"all"

    class Late(events.Tracked):
        def close(self):
            for call in (lambda: start_response("200 OK", []), lambda: write(b"more")):
                try:
                    call()
                except AssertionError as error:
                    events.record(environ, events.named(error))

    write = start_response("200 OK", TEXT)
    return Late(environ, blocks())


class Weak(Exception):
    pass


def forgets_error(environ, start_response):
    """No reference to the error is kept while the response is open."""
    try:
        raise Weak("weak")
    except Weak as error:
        reference = weakref.ref(error)
        start_response("200 OK", TEXT, sys.exc_info())
    gc.collect()
    events.record(environ, reference() is None)
    yield b"x"


def by_name(environ, start_response):
    """Not what PEP 3333 has applications do, but what many do."""
    start_response(status="200 OK", headers=TEXT, exc_info=None)
    return [b"by name"]
