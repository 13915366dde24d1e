"""The inner application of Python middleware: it runs in the server, in JavaScript or TypeScript."""
import json
from collections import deque
from io import BytesIO
from itertools import count
from threading import Lock

from . import messages
from .errors import InnerError
from .request_input import RequestInput

FRAME = messages.FRAME.pack
# Bytes of content that travel with the call, and in one message afterwards.
BLOCK = 64 * 1024
# The key by which an environ is known to belong to a request of the server's.
REQUEST = "wizgi.request"


class Inner:
    """An application that passes each call on to the server."""

    def __init__(self):
        # Known only once everything is loaded.
        self.loop = None
        self._ids = count(1)
        # Not every Python counts in one step.
        self._counting = Lock()

    def __call__(self, environ, start_response):
        with self._counting:
            call_id = next(self._ids)
        call = InnerCall(self.loop, call_id, environ)
        try:
            start_response(*call.begin())
        except BaseException:
            call.close()
            raise
        return call


class InnerCall:
    """One call, and the iterable that it gives."""

    def __init__(self, loop, call_id, environ):
        self.event = None
        # The request that it belongs to, or 0.
        self.request = environ.get(REQUEST, 0)
        self._loop = loop
        self._id = call_id
        self._environ = environ
        self._input = environ["wsgi.input"]
        # Where content is only just arriving, it is passed on as it comes. Of a stream that is not
        # our own nothing but what PEP 3333 names may be used.
        ours = isinstance(self._input, (BytesIO, RequestInput))
        self._read = self._input.read1 if ours else self._input.read
        # Blocks of content that the server has asked for, counted by whatever thread takes that in,
        # and those that it was given, counted by the thread of the call: no number has two writers.
        self._wanted = 0
        self._given = 0
        self._head = None
        self._blocks = deque()
        self._outcome = None
        self._closed = False

    def begin(self):
        """Starts the call; returns status and headers when they are there."""
        first = b""
        if type(self._input) is BytesIO:
            # All of it is there: no need to wait until it is asked for.
            first = self._read(BLOCK)
            if len(first) < BLOCK:
                self._input = None
        text = [self.request, self._input is not None, plain(self._environ)]
        text = json.dumps(text).encode()
        loop = self._loop
        loop.calls[self._id] = self
        loop.out.append(FRAME(messages.CALL, self._id, len(text), len(first)) + text + first)
        self._wait(lambda: self._head is not None or self._outcome is not None)
        if self._head is None:
            raise InnerError(self._outcome)
        status, *rest = self._head.split("\n")
        return status, list(zip(rest[::2], rest[1::2]))

    def control(self, operation, argument):
        """Takes in what the server says; in whatever thread."""
        if operation == messages.CALL_WANT_INPUT:
            self._wanted += argument
        elif operation == messages.CALL_HEAD:
            self._head = argument
        elif operation == messages.CALL_BLOCK:
            self._blocks.append(argument)
        elif operation == messages.CALL_END:
            self._outcome = ""
        elif operation == messages.CALL_ERROR:
            self._outcome = argument

    def __iter__(self):
        return self

    def __next__(self):
        if self._closed:
            raise StopIteration
        self._wait(lambda: self._blocks or self._outcome is not None)
        if self._blocks:
            block = self._blocks.popleft()
            self._loop.out.append(FRAME(messages.CALL_TAKEN, self._id, len(block), 0))
            return block
        if self._outcome:
            raise InnerError(self._outcome)
        raise StopIteration

    def close(self):
        if self._closed:
            return
        self._closed = True
        self._blocks.clear()
        if self._loop.calls.pop(self._id, None) is not None and self._outcome is None:
            self._loop.out.append(FRAME(messages.CALL_CLOSE, self._id, 0, 0))

    def _wait(self, ready):
        """Waits, and gives the server the request's content as it asks for it meanwhile."""
        loop = self._loop
        # Content is the request's: who waits for both waits where the request would.
        waiter = loop.responses.get(self.request, self)
        while not ready():
            if self._feeds():
                self._feed()
            else:
                loop.flush()
                loop.wait(waiter, lambda: ready() or self._feeds())

    def _feeds(self):
        if self._wanted == self._given or self._input is None:
            return False
        # Only our own knows; a read of any other may wait.
        return not isinstance(self._input, RequestInput) or self._input.has_arrived()

    def _feed(self):
        try:
            block = self._read(BLOCK)
            incomplete = 0
        except OSError:
            # The inner application's to answer, or not.
            block = b""
            incomplete = 1
        if block:
            self._given += 1
            self._loop.out.append(FRAME(messages.CALL_INPUT, self._id, 0, len(block)) + block)
        else:
            self._input = None
            self._loop.out.append(FRAME(messages.CALL_INPUT_END, self._id, incomplete, 0))


def plain(environ):
    """What of an environ crosses."""
    return {
        key: value
        for key, value in environ.items()
        if isinstance(value, (str, bool)) and isinstance(key, str)
    }
