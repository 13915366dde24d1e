"""Whole messages through a descriptor, outside of a `Loop`, which reads as much as there is."""
import os
from marshal import loads

from . import messages

# The size up to which to copy pieces costs less than to name each to the system.
JOINT = 32 * 1024
# As many as the systems take at a time (IOV_MAX).
MOST_PIECES = 1024


def write_all(descriptor, data):
    sent = os.write(descriptor, data)
    if sent < len(data):
        view = memoryview(data)
        while sent < len(data):
            sent += os.write(descriptor, view[sent:])


def write_pieces(descriptor, pieces):
    """Writes pieces in their order: joined while that is little, else uncopied."""
    if sum(map(len, pieces)) <= JOINT:
        write_all(descriptor, pieces[0] if len(pieces) == 1 else b"".join(pieces))
        return
    for start in range(0, len(pieces), MOST_PIECES):
        write_vector(descriptor, pieces[start : start + MOST_PIECES])


def write_vector(descriptor, pieces):
    sent = os.writev(descriptor, pieces)
    for index, piece in enumerate(pieces):
        if sent < len(piece):
            write_all(descriptor, memoryview(piece)[sent:])
            for rest in pieces[index + 1 :]:
                write_all(descriptor, rest)
            return
        sent -= len(piece)


def read_batch(descriptor):
    """Waits for a frame; gives its messages."""
    (length,) = messages.LENGTH.unpack(read(descriptor, messages.LENGTH.size))
    return loads(read(descriptor, length))


def read(descriptor, size):
    data = b""
    while len(data) < size:
        more = os.read(descriptor, size - len(data))
        if not more:
            # The server is gone.
            os._exit(0)
        data += more
    return data
