"""Applications that raise, and what they write to wsgi.errors."""
import sys
import threading

import events

TEXT = [("Content-Type", "text/plain")]


class Mine(BaseException):
    pass


class Unspeakable(Exception):
    def __str__(self):
        raise SystemExit("even this")


def deep(number):
    return deep(number + 1)


def chained():
    try:
        raise KeyError("the cause")
    except KeyError as error:
        raise ValueError("the effect") from error


errors = {
    "exception": lambda: ValueError("sécret\r\n\x1b[2J"),
    "system exit": lambda: SystemExit(3),
    "interrupt": lambda: KeyboardInterrupt(),
    "memory": lambda: MemoryError(),
    "generator exit": lambda: GeneratorExit(),
    "stop": lambda: StopIteration(7),
    "mine": lambda: Mine("mine"),
    "unspeakable": lambda: Unspeakable(),
    "surrogate": lambda: ValueError("\ud800"),
    "long": lambda: ValueError("x" * 1_000_000),
    "connection": lambda: ConnectionResetError("of a database, say"),
    "os": lambda: OSError(28, "No space left on device"),
}


def throw(name):
    if name == "deep":
        deep(0)
    if name == "chained":
        chained()
    if name == "exit":
        sys.exit("by sys.exit")
    raise errors[name]()


def raises(environ, start_response):
    """Raises `?error=` at `?when=`."""
    name = events.parameter(environ, "error")
    when = events.parameter(environ, "when")
    if when == "first":
        throw(name)
    start_response("200 OK", [("X-Of-The-Failed", "attempt")])
    if when == "started":
        throw(name)

    class Blocks:
        begun = False

        def __iter__(self):
            return self

        def __next__(self):
            if when == "block" and not self.begun:
                self.begun = True
                return b"begun"
            throw(name)

        def close(self):
            events.record(environ, "close")

    return Blocks()


def page(environ, start_response):
    """An application that answers for its own errors."""
    try:
        start_response("200 OK", [("X-Of-The-Failed", "attempt")])
        raise LookupError("handled")
    except LookupError:
        start_response("500 Handled", TEXT, sys.exc_info())
        return [b"its own page"]


def logs(environ, start_response):
    """Writes to wsgi.errors what the content says, in Python's words."""
    stream = environ["wsgi.errors"]
    value = eval(environ["wsgi.input"].read())
    try:
        getattr(stream, events.parameter(environ, "method", "write"))(value)
        stream.flush()
    except Exception as error:
        events.record(environ, events.named(error))
    stream.close()
    print("and", file=stream)
    start_response("200 OK", TEXT)
    return [b"logged"]


def logs_together(environ, start_response):
    """Whole lines from several threads at a time."""
    stream = environ["wsgi.errors"]

    def write(letter):
        for _ in range(200):
            stream.write(letter * 100 + "\n")

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    start_response("200 OK", TEXT)
    return [b"logged"]


def prints(environ, start_response):
    print("to stdout")
    print("to stderr", file=sys.stderr)
    environ["wsgi.errors"].write("to wsgi.errors\n")
    start_response("200 OK", TEXT)
    return [b"printed"]
