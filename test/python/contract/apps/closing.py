"""close() of what applications return: once, on every way that a request can end."""
import events

TEXT = [("Content-Type", "text/plain")]


def started(environ, start_response):
    length = events.parameter(environ, "length")
    headers = TEXT + [("Content-Length", length)] if length else TEXT
    status = events.parameter(environ, "status", "200 OK")
    return start_response(status, headers)


def fails(blocks):
    yield from blocks
    raise LookupError("in the iterable")


def endless(environ):
    while True:
        events.record(environ, "block")
        yield bytes(20_000)


def waiting(environ):
    yield b"first"
    events.wait(environ)
    for _ in range(1000):
        yield bytes(20_000)


def shapes(environ, name):
    return {
        "normal": lambda: [b"a", b"b"],
        "one": lambda: [b"a"],
        "nothing": lambda: [],
        "empty": lambda: [b"", b""],
        "fails at once": lambda: fails([]),
        "fails later": lambda: fails([b"a", b"b"]),
        "wrong block": lambda: [b"a", "text"],
        "wrong at once": lambda: ["text"],
        "endless": lambda: endless(environ),
        "waiting": lambda: waiting(environ),
    }[name]()


def tracked(environ, start_response):
    if events.parameter(environ, "start") != "never":
        started(environ, start_response)
    if events.parameter(environ, "write"):
        started_write = start_response("200 OK", TEXT, (LookupError, LookupError(), None))
        started_write(b"w")
    return events.Tracked(environ, shapes(environ, events.parameter(environ, "shape")))


class Ordered(events.Tracked):
    """Records when its blocks are asked for."""

    def __iter__(self):
        for block in self.blocks:
            events.record(environ=self.environ, event=block.decode())
            yield block
        events.record(self.environ, "end")


def ordered(environ, start_response):
    started(environ, start_response)
    return Ordered(environ, [b"a", b"b"])


class BothClose(events.Tracked):
    """Has a close(), as its iterator has, which is none of the server's business."""

    def __iter__(self):
        outer = self

        class Inner:
            blocks = iter([b"a", b"b"])

            def __next__(self):
                return next(self.blocks)

            def __iter__(self):
                return self

            def close(self):
                events.record(outer.environ, "iterator closed")

        return Inner()

    def close(self):
        events.record(self.environ, ["close", type(self).__name__])


def both(environ, start_response):
    started(environ, start_response)
    return BothClose(environ, None)


class TrackedList(list):
    environ = None

    def close(self):
        events.record(self.environ, "close")


def subclass(environ, start_response):
    started(environ, start_response)
    result = TrackedList([b"a"])
    result.environ = environ
    return result


class Slots:
    """No more than an iterable has to be."""

    __slots__ = ()

    def __iter__(self):
        return iter((b"a",))


def without(environ, start_response):
    started(environ, start_response)
    return Slots()


def uncallable(environ, start_response):
    started(environ, start_response)
    result = events.Tracked(environ, [b"a", b"b"])
    result.close = 7
    return result


def hidden(environ, start_response):
    """Whose close cannot even be looked at."""
    started(environ, start_response)

    class Hidden(events.Tracked):
        @property
        def close(self):
            raise LookupError("hidden")

    return Hidden(environ, [b"a"])


class FailsToClose(events.Tracked):
    def close(self):
        super().close()
        raise LookupError("in close()")


def fails_to_close(environ, start_response):
    started(environ, start_response)
    result = FailsToClose(environ, shapes(environ, events.parameter(environ, "shape")))
    return result


def generator(environ, start_response):
    """Its own finally is its close()."""
    started(environ, start_response)
    try:
        yield from shapes(environ, events.parameter(environ, "shape"))
    finally:
        events.record(environ, "close")


def file(environ, start_response):
    """A file whose close() is recorded."""
    import io

    started(environ, start_response)

    class File(io.BytesIO):
        def close(self):
            events.record(environ, "close")
            super().close()

    return environ["wsgi.file_wrapper"](File(bytes(100_000)))


def slow_close(environ, start_response):
    started(environ, start_response)

    class Slow:
        def close(self):
            events.wait(environ)
            events.record(environ, "close")

    class SlowList(Slow, list):
        pass

    class SlowIterable(Slow, events.Tracked):
        pass

    if events.parameter(environ, "kind") == "list":
        return SlowList([b"answer"])
    return SlowIterable(environ, (b"ans", b"wer"))
