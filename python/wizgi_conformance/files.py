"""`/file`: an answer through wsgi.file_wrapper, where the server has one."""
import io
import tempfile


def wrap_file(environ, start_response, query, entry):
    """Sends `size` bytes of digits from `at` on, out of a `file` that is `open` or in `memory`.

    `as` says whether it is returned itself, `hidden` behind something else, or `dropped`.
    """
    wrapper = environ.get("wsgi.file_wrapper")
    if wrapper is None:
        start_response("501 Not Implemented", [])
        return [b"the server has no wsgi.file_wrapper"]
    headers = [("Content-Type", "application/octet-stream")]
    length = query.get("length")
    if length is not None:
        headers.append(("Content-Length", length))
    content = digits(int(query.get("size", 0)))
    make = OpenFile if query.get("file") == "open" else MemoryFile
    if query.get("closeless") is not None:
        make = Closeless
    file = make(content, int(query.get("at", 0)), entry)
    block = query.get("block")
    wrapped = wrapper(file) if block is None else wrapper(file, int(block))
    start_response(query.get("status", "200 OK"), headers)
    how = query.get("as")
    if how == "dropped":
        if hasattr(wrapped, "close"):
            wrapped.close()
        return [b"dropped"]
    return Hidden(wrapped) if how == "hidden" else wrapped


def digits(size):
    """`0123456789` again and again."""
    return (b"0123456789" * (size // 10 + 1))[:size]


class Closeless:
    """A file in memory that nobody has to close."""

    def __init__(self, content, at, entry):
        self.stream = io.BytesIO(content)
        self.stream.seek(at)
        self.entry = entry

    def read(self, size=-1):
        self.entry.note("file-read")
        return self.stream.read(size)


class MemoryFile(Closeless):
    def close(self):
        self.entry.note("file-close")


class OpenFile:
    """A temporary file, which has a descriptor."""

    def __init__(self, content, at, entry):
        self.stream = tempfile.TemporaryFile()
        self.stream.write(content)
        self.stream.seek(at)
        self.entry = entry

    def fileno(self):
        return self.stream.fileno()

    def read(self, size=-1):
        return self.stream.read(size)

    def seek(self, *args):
        return self.stream.seek(*args)

    def tell(self):
        return self.stream.tell()

    def close(self):
        self.entry.note("file-close")
        self.stream.close()


class Hidden:
    """What middleware makes of an answer that it passes on."""

    def __init__(self, body):
        self.body = body
        self.blocks = iter(body)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.blocks)

    def close(self):
        if hasattr(self.body, "close"):
            self.body.close()
