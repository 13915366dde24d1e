"""wsgi.input, against io.BytesIO over the same content."""
import functools
import hashlib
import io
import json
import random
import signal

import events

TEXT = [("Content-Type", "text/plain")]


LARGEST = 720 * 1024


@functools.lru_cache(maxsize=None)
def whole(seed):
    """Lines of all lengths: some of none, some longer than any block."""
    source = random.Random(seed)
    longest = (3, 80, 5_000, 200_000)[seed % 4]
    parts = []
    total = 0
    while total < LARGEST:
        line = bytes(source.randrange(256) for _ in range(source.randrange(min(longest, 99))))
        line = line.ljust(source.randrange(longest), b".")
        parts.append(line + source.choice((b"\n", b"\n", b"\r\n", b"\r", b"\n\n")))
        total += len(parts[-1])
    return b"".join(parts)[:LARGEST]


def content(seed, size):
    return whole(seed)[:size]


def seed_and_size(environ):
    return int(events.parameter(environ, "seed")), int(events.parameter(environ, "size"))


def body(environ, start_response):
    """Content to send, for the test."""
    start_response("200 OK", TEXT)
    return [whole(int(events.parameter(environ, "seed")))]


def size_argument(source):
    """What may be asked for: often nothing, little, all, or something around a border."""
    border = source.choice((65_536, 131_072, 262_144))
    return source.choice(
        (
            (),
            (-1,),
            (None,),
            (0,),
            (1,),
            (source.randrange(100),),
            (source.randrange(10_000),),
            (border + source.randrange(-2, 3),),
            (source.randrange(400_000),),
        )
    )


def operation(source):
    name = source.choice(("read", "read", "readline", "readline", "readlines", "next", "for"))
    if name == "next":
        return name, ()
    if name == "for":
        return name, (source.randrange(5),)
    arguments = size_argument(source)
    if name == "read" and source.random() < 0.7 and arguments in ((), (-1,), (None,)):
        # Else most sequences would be over at once.
        arguments = (source.randrange(70_000),)
    if name == "readlines" and source.random() < 0.7:
        arguments = (source.randrange(1, 5_000),)
    return name, arguments


def perform(stream, name, arguments):
    if name == "next":
        return next(iter(stream), b"")
    if name == "for":
        lines = []
        if arguments[0] > 0:
            for line in stream:
                lines.append(line)
                if len(lines) == arguments[0]:
                    break
        return lines
    return getattr(stream, name)(*arguments)


def oracle(environ, start_response):
    """Reads as `?steps=` seeds tell, and says what differs from io.BytesIO."""
    expected = io.BytesIO(content(*seed_and_size(environ)))
    stream = environ["wsgi.input"]
    source = random.Random(int(events.parameter(environ, "steps")))
    done = []
    count = source.randrange(1, 40)
    for step in range(count + 2):
        # At last all the rest, and then what is behind the end.
        name, arguments = operation(source) if step < count else ("read", ())
        done.append([name, *arguments])
        wanted, got = perform(expected, name, arguments), perform(stream, name, arguments)
        if type(wanted) is not type(got) or wanted != got:
            start_response("500 Different", TEXT)
            sizes = [len(wanted), len(got)]
            return [json.dumps([done, sizes, repr(wanted)[:200], repr(got)[:200]]).encode()]
    start_response("200 OK", TEXT)
    return [b"same"]


def digest(environ, start_response):
    """Reads all, in `?block=` sizes; answers with length and digest."""
    stream = environ["wsgi.input"]
    block = int(events.parameter(environ, "block", "100000"))
    total = 0
    sha256 = hashlib.sha256()
    while True:
        data = stream.read(block)
        if not data:
            break
        total += len(data)
        sha256.update(data)
    length = environ.get("CONTENT_LENGTH")
    start_response("200 OK", TEXT)
    return [json.dumps([total, sha256.hexdigest(), length]).encode()]


def echo(environ, start_response):
    """Answers with each line as it comes, while more is read."""
    start_response("200 OK", TEXT)
    for line in environ["wsgi.input"]:
        yield line.upper()


def ignored(environ, start_response):
    start_response("200 OK", TEXT)
    return [b"not read"]


def partly(environ, start_response):
    start_response("200 OK", TEXT)
    return [environ["wsgi.input"].read(5)]


def fails_to_read(environ, start_response):
    """Records what reading raises."""
    try:
        size = len(environ["wsgi.input"].read())
    except Exception as error:
        events.record(environ, [isinstance(error, OSError), events.named(error)])
        raise
    start_response("200 OK", TEXT)
    return [str(size).encode()]


def methods(environ, start_response):
    stream = environ["wsgi.input"]
    names = ("read", "readline", "readlines", "__iter__", "__next__")
    events.record(environ, [callable(getattr(stream, name, None)) for name in names])
    events.record(environ, [type(stream.read(0)).__name__, type(stream.readline()).__name__])
    events.record(environ, iter(stream) is not None)
    start_response("200 OK", TEXT)
    return [stream.read()]


def after_end(environ, start_response):
    """Reads when the response is over."""
    stream = environ["wsgi.input"]

    class Late(events.Tracked):
        def close(self):
            try:
                events.record(self.environ, len(stream.read()))
            except OSError as error:
                events.record(self.environ, events.named(error))

    start_response("200 OK", TEXT)
    return Late(environ, [b"x"])


def replaced(environ, start_response):
    """An application may do with its environ what it likes."""
    environ["wsgi.input"] = io.BytesIO(b"its own")
    start_response("200 OK", TEXT)
    return [environ["wsgi.input"].read()]


def impatient(environ, start_response):
    """Gives its content up after a moment, as programs do that set an alarm."""

    def give_up(*_):
        raise TimeoutError("no content in time")

    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        content = environ["wsgi.input"].read()
    except TimeoutError as error:
        content = str(error).encode()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [content]
