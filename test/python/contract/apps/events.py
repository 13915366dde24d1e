"""What applications do is recorded under the key of their request: `/module/function/key`."""
import os
import time
from collections import defaultdict
from urllib.parse import parse_qs

recorded = defaultdict(list)


def parameter(environ, name, default=""):
    return parse_qs(environ["QUERY_STRING"], encoding="latin-1").get(name, [default])[0]


def key(environ):
    return environ["PATH_INFO"].split("/")[3]


def record(environ, event):
    recorded[key(environ)].append(event)


def wait(environ):
    """Waits until the test makes the file that it named."""
    gate = parameter(environ, "gate")
    deadline = time.monotonic() + 15
    while not os.path.exists(gate):
        if time.monotonic() > deadline:
            raise TimeoutError(gate)
        time.sleep(0.002)


def named(error):
    return f"{type(error).__name__}: {error}"


class Tracked:
    """An iterable whose close() is recorded."""

    def __init__(self, environ, blocks):
        self.environ = environ
        self.blocks = blocks

    def __iter__(self):
        return iter(self.blocks)

    def close(self):
        record(self.environ, "close")
