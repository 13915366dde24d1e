"""The inner application of Python middleware: it runs in the server, in JavaScript or TypeScript."""
import json
from itertools import count

from . import messages

FRAME = messages.FRAME.pack
# Bytes of content that travel with the call, and in one message afterwards.
BLOCK = 64 * 1024
# The key by which an environ is known to belong to a request of the server's.
REQUEST = "wizgi.request"


class InnerError(Exception):
    """The inner application's answer was cut short; the server's log says why."""


class Inner:
    """An application that passes each call on to the server."""

    def __init__(self):
        # Known only once everything is loaded.
        self.loop = None
        self._ids = count(1)

    def __call__(self, environ, start_response):
        call = InnerCall(self.loop, next(self._ids), environ)
        status, headers = call.begin()
        start_response(status, headers)
        return call


class InnerCall:
    """One call, and the iterable that it gives."""

    def __init__(self, loop, call_id, environ):
        self.event = None
        self._loop = loop
        self._id = call_id
        self._environ = environ
        self._input = environ["wsgi.input"]
        # Blocks of content that the server is ready for.
        self._wanted = 0
        self._head = None
        self._blocks = []
        self._outcome = None
        self._closed = False

    def begin(self):
        """Starts the call; returns status and headers when they are there."""
        loop = self._loop
        loop.calls[self._id] = self
        text = json.dumps(
            [
                self._environ.get(REQUEST, 0),
                {
                    key: value
                    for key, value in self._environ.items()
                    if isinstance(value, (str, bool)) and isinstance(key, str)
                },
            ]
        ).encode()
        first = self._input.read(BLOCK)
        loop.out.append(FRAME(messages.CALL, self._id, len(text), len(first)) + text + first)
        if len(first) < BLOCK:
            self._end_input()
        self._wait(lambda: self._head is not None or self._outcome is not None)
        if self._head is None:
            self._finish()
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
        self._wait(lambda: self._blocks or self._outcome is not None)
        if self._blocks:
            block = self._blocks.pop(0)
            self._loop.out.append(FRAME(messages.CALL_TAKEN, self._id, len(block), 0))
            return block
        if self._outcome:
            raise InnerError(self._outcome)
        raise StopIteration

    def close(self):
        if self._closed:
            return
        self._closed = True
        if self._outcome is None:
            self._loop.out.append(FRAME(messages.CALL_CLOSE, self._id, 0, 0))
        self._finish()

    def _finish(self):
        self._loop.calls.pop(self._id, None)

    def _wait(self, ready):
        """Waits, and gives the server the request's content as it asks for it meanwhile."""
        loop = self._loop
        while not ready():
            loop.flush()
            loop.wait(self, lambda: ready() or self._feeds())
            if self._feeds():
                self._feed()

    def _feeds(self):
        return self._wanted > 0 and self._input is not None

    def _feed(self):
        block = self._input.read(BLOCK)
        if block:
            self._wanted -= 1
            self._loop.out.append(
                FRAME(messages.CALL_INPUT, self._id, 0, len(block)) + block
            )
        else:
            self._end_input()

    def _end_input(self):
        self._input = None
        self._loop.out.append(FRAME(messages.CALL_INPUT_END, self._id, 0, 0))
