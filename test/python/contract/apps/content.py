"""What applications return, yield and write."""
import time
from array import array

import events

TEXT = [("Content-Type", "text/plain")]


def headers(environ):
    length = events.parameter(environ, "length")
    return TEXT + [("Content-Length", length)] if length else TEXT


class Iterator:
    def __init__(self, blocks):
        self.blocks = list(blocks)

    def __iter__(self):
        return self

    def __next__(self):
        if not self.blocks:
            raise StopIteration
        return self.blocks.pop(0)


class Sized(Iterator):
    """Tells its length, without being a list."""

    def __len__(self):
        return len(self.blocks)


class Indexed:
    """Iterable in the old way only."""

    def __init__(self, blocks):
        self.blocks = list(blocks)

    def __getitem__(self, index):
        return self.blocks[index]


class ListOfMine(list):
    """Iterates over something else than it holds."""

    def __iter__(self):
        return (b"<%s>" % block for block in super().__iter__())


class Response:
    """An application as a class, its instance the response."""

    def __init__(self, environ, start_response):
        self.start = start_response

    def __iter__(self):
        self.start("200 OK", TEXT)
        yield b"one"
        yield b"two"


kinds = {
    "list": list,
    "tuple": tuple,
    "generator": lambda blocks: (block for block in blocks),
    "iterator": Iterator,
    "sized": Sized,
    "indexed": Indexed,
    "mine": ListOfMine,
    "set": lambda blocks: dict.fromkeys(blocks).keys(),
    "map": lambda blocks: map(bytes, blocks),
    "bytearrays": lambda blocks: [bytearray(block) for block in blocks],
    "memoryviews": lambda blocks: (memoryview(block) for block in blocks),
    "odd views": lambda blocks: (memoryview(bytes(2 * len(b)))[::2] for b in blocks),
    "subclass": lambda blocks: [type("Bytes", (bytes,), {})(block) for block in blocks],
}


def returned(environ, start_response):
    """`?kind=` of iterable over `?blocks=`, separated by commas."""
    start_response(events.parameter(environ, "status", "200 OK"), headers(environ))
    blocks = events.parameter(environ, "blocks").encode("latin-1").split(b",")
    return kinds[events.parameter(environ, "kind", "list")](blocks)


def nothing(environ, start_response):
    start_response("200 OK", TEXT)
    return kinds[events.parameter(environ, "kind")]([])


def wrong(environ, start_response):
    """Something that is no block, or nothing to iterate over, in Python's words."""
    start_response("200 OK", headers(environ))
    value = eval(events.parameter(environ, "value"))
    how = events.parameter(environ, "how")
    if how == "list":
        return [value]
    if how == "later":
        return iter([b"first", value])
    return value


def pattern(environ, start_response):
    """`?size=` bytes, in blocks of `?block=`; each byte shows its place."""
    size = int(events.parameter(environ, "size"))
    block = int(events.parameter(environ, "block", "0")) or max(size, 1)
    content = array("I", range(size // 4 + 1)).tobytes()[:size]
    start_response("200 OK", headers(environ))
    blocks = (content[at : at + block] for at in range(0, size, block))
    return list(blocks) if events.parameter(environ, "kind") == "list" else blocks


def every_byte(environ, start_response):
    start_response("200 OK", TEXT)
    yield bytes(range(256))
    yield b"\r\n\n\r0\r\n\r\n"


def reused(environ, start_response):
    """One buffer, filled anew for each block."""
    start_response("200 OK", TEXT)
    buffer = bytearray(1000)
    for number in range(200):
        buffer[:] = bytes([number]) * 1000
        yield buffer


def stepwise(environ, start_response):
    """Goes on when its last block has been seen."""
    write = start_response("200 OK", TEXT)
    if events.parameter(environ, "how") == "write":
        write(b"seen? ")
    else:
        yield b"seen? "
    # At once after another, which may have been sent together with it.
    yield b"and "
    events.wait(environ)
    yield b"yes"


def slowly_to_length(environ, start_response):
    """The declared length, in several blocks; what comes after them is run, too."""
    start_response("200 OK", [("Content-Length", "6")])
    for block in (b"ab", b"cd", b"ef"):
        yield block
    yield from answered(environ)
    events.record(environ, "behind the last block")


def answered(environ):
    """Empty blocks, until the server knows that the client has its answer, where that is tested."""
    if events.parameter(environ, "gate"):
        events.wait(environ)
        for _ in range(100):
            time.sleep(0.001)
            yield b""


def beyond_length(environ, start_response):
    start_response("200 OK", [("Content-Length", "5")])
    for number, block in enumerate((b"hello", b"", b"world")):
        events.record(environ, number)
        yield block
    events.record(environ, "end")


def empty_then_error(environ, start_response):
    start_response("200 OK", TEXT)
    for _ in range(5):
        yield b""
    raise LookupError("nothing was sent yet")


def endless(environ, start_response):
    start_response(events.parameter(environ, "status", "200 OK"), headers(environ))
    try:
        while True:
            yield bytes(int(events.parameter(environ, "size")))
    finally:
        events.record(environ, "left")


def written(environ, start_response):
    """Writes and returns what `?do=` says: w and r with text, separated by commas."""
    write = start_response(events.parameter(environ, "status", "200 OK"), headers(environ))
    result = []
    for step in events.parameter(environ, "do").split(","):
        if step[0] == "w":
            try:
                events.record(environ, write(step[1:].encode()))
            except Exception as error:
                events.record(environ, events.named(error))
                raise
        else:
            result.append(step[1:].encode())
    return events.Tracked(environ, result) if "tracked" in environ["QUERY_STRING"] else result


def written_wrong(environ, start_response):
    write = start_response("200 OK", TEXT)
    try:
        write(*eval(events.parameter(environ, "value")))
    except TypeError:
        events.record(environ, "TypeError")
        raise
    return []


def written_until_gone(environ, start_response):
    write = start_response("200 OK", TEXT)
    try:
        while True:
            write(bytes(10_000))
    except ConnectionError as error:
        events.record(environ, events.named(error))
        raise


def written_many(environ, start_response):
    write = start_response(events.parameter(environ, "status", "200 OK"), TEXT)
    for number in range(int(events.parameter(environ, "count"))):
        write(b"%d," % number)
        if number == 0:
            for block in answered(environ):
                write(block)
    events.record(environ, "all")
    return [b"end"]


def written_late(environ, start_response):
    """Not allowed by PEP 3333, but done."""
    write = start_response("200 OK", TEXT)
    write(b"one,")
    yield b"two,"
    write(b"three,")
    yield b"four"


def written_then_error(environ, start_response):
    start_response("200 OK", TEXT)(b"written")
    raise LookupError("after write()")
