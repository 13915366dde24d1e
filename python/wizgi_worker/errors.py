"""Errors, and wsgi.errors."""
import io


class InnerError(Exception):
    """The inner application's answer was cut short; the server's log says why."""


class ErrorStream(io.TextIOWrapper):
    """wsgi.errors: text into the server's log, line by line; any text, in any encoding's stead.

    (PEP 3333, Input and Error Streams)
    """

    def __init__(self, descriptor):
        super().__init__(
            io.FileIO(descriptor, "w", closefd=False),
            encoding="utf-8",
            errors="backslashreplace",
            line_buffering=True,
            write_through=True,
        )

    def close(self):
        """Every request of the worker uses the same stream: no single one may close it."""
        self.flush()
