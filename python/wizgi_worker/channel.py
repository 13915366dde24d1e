"""Whole messages through a descriptor, outside of a `Loop`, which reads as much as there is."""
import os
from marshal import loads

from . import messages


def write_all(descriptor, data):
    sent = os.write(descriptor, data)
    if sent < len(data):
        view = memoryview(data)
        while sent < len(data):
            sent += os.write(descriptor, view[sent:])


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
