"""wsgi.file_wrapper around files of every kind."""
import functools
import gzip
import io
import os
import tempfile

import events

TEXT = [("Content-Type", "text/plain")]
directory = tempfile.TemporaryDirectory(prefix="wizgi-contract-")


@functools.lru_cache(maxsize=None)
def content(size):
    return bytes((at * 7 + at // 256) & 0xFF for at in range(size))


def on_disk(size):
    path = os.path.join(directory.name, f"{size}")
    if not os.path.exists(path):
        with open(path, "wb") as file:
            file.write(content(size))
    return path


class Plain:
    """As little as the wrapper asks for."""

    def __init__(self, data):
        self.data = io.BytesIO(data)

    def read(self, size=-1):
        return self.data.read(size)


class Decoding:
    """Holds a file, and gives something else than is in it."""

    def __init__(self, file):
        self.file = file

    def read(self, size):
        return self.file.read(size).swapcase()

    def fileno(self):
        return self.file.fileno()


def temporary(kind, size):
    file = kind(dir=directory.name)
    file.write(content(size))
    file.seek(0)
    return file


def piped(size):
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        with open(writer, "wb") as file:
            file.write(content(size))
        os._exit(0)
    os.close(writer)
    return open(reader, "rb")


def gzipped(size):
    path = os.path.join(directory.name, f"{size}.gz")
    if not os.path.exists(path):
        with gzip.open(path, "wb") as file:
            file.write(content(size))
    return gzip.open(path)


kinds = {
    "buffered": lambda size: open(on_disk(size), "rb"),
    "random": lambda size: open(on_disk(size), "r+b"),
    "raw": lambda size: open(on_disk(size), "rb", buffering=0),
    "memory": lambda size: io.BytesIO(content(size)),
    "plain": lambda size: Plain(content(size)),
    "temporary": lambda size: temporary(tempfile.TemporaryFile, size),
    "named": lambda size: temporary(tempfile.NamedTemporaryFile, size),
    "spooled": lambda size: temporary(tempfile.SpooledTemporaryFile, size),
    "gzip": gzipped,
    "pipe": piped,
    "decoding": lambda size: Decoding(open(on_disk(size), "rb")),
    "text": lambda size: open(on_disk(size), encoding="latin-1"),
    "closed": lambda size: closed(open(on_disk(size), "rb")),
}


def closed(file):
    file.close()
    return file


def wrapped(environ, start_response):
    """`?kind=` of file, of `?size=`, read to `?at=`; a declared `?length=`, a `?block=` size."""
    length = events.parameter(environ, "length")
    status = events.parameter(environ, "status", "200 OK")
    start_response(status, TEXT + ([("Content-Length", length)] if length else []))
    file = kinds[events.parameter(environ, "kind")](int(events.parameter(environ, "size")))
    at = int(events.parameter(environ, "at", "0"))
    if at:
        # Reads ahead, so that the descriptor's position is another one than the file's.
        assert len(file.read(at)) == at
    block = events.parameter(environ, "block")
    wrapper = environ["wsgi.file_wrapper"](file, *([int(block)] if block else []))
    how = events.parameter(environ, "how")
    if how == "iterated":
        return (part for part in wrapper)
    if how == "discarded":
        position = file.tell()
        events.record(environ, position)
        return [b"instead"]
    if how == "written":
        start_response(status, TEXT, (ValueError, ValueError(), None))(b"before ")
    return wrapper


def shape(environ, start_response):
    """What PEP 3333 says of the wrapper itself."""
    wrapper = environ["wsgi.file_wrapper"]
    file = io.BytesIO(b"abcdef")
    with_size = wrapper(file, 4)
    events.record(environ, [list(map(bytes.decode, with_size)), iter(with_size) is with_size])
    with_size.close()
    events.record(environ, [file.closed, hasattr(wrapper(Plain(b"")), "close")])
    start_response("200 OK", TEXT)
    return wrapper(Plain(b"without close()"))


def special(environ, start_response):
    """A file that the system makes up: it seems to be empty."""
    start_response("200 OK", TEXT)
    return environ["wsgi.file_wrapper"](open("/proc/self/status", "rb"))


def shrinking(environ, start_response):
    """A file that is cut while it is sent."""
    path = os.path.join(directory.name, "shrinking")
    with open(path, "wb") as file:
        file.truncate(50_000_000)
    start_response("200 OK", TEXT)
    wrapper = environ["wsgi.file_wrapper"](open(path, "rb"))

    def close():
        # The response is under way.
        os.truncate(path, 1000)
        events.record(environ, "shrunk")

    wrapper.close = close
    return wrapper


def fails_to_close(environ, start_response):
    start_response("200 OK", TEXT)
    wrapper = environ["wsgi.file_wrapper"](open(on_disk(int(events.parameter(environ, "size"))), "rb"))

    def close():
        events.record(environ, "close")
        raise LookupError("in close()")

    wrapper.close = close
    return wrapper


def not_started(environ, start_response):
    return environ["wsgi.file_wrapper"](open(on_disk(100_000), "rb"))


def open_files(environ, start_response):
    """How many of our files are open."""
    start_response("200 OK", TEXT)
    count = 0
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            count += directory.name in os.readlink(f"/proc/self/fd/{descriptor}")
        except OSError:
            pass
    return [str(count).encode()]
