"""A worker that runs one request at a time, in its main thread."""
from collections import deque
from time import monotonic

from .loop import Loop

# How long, in seconds, answers may wait for others while there are requests to go on with; and how
# many of them. Each is one among several that its client waits for: a write costs more than any.
ANSWERS_WAIT = 0.001
MOST_WAITING = 32
# So many requests before there are none, the server hears of it: more can come just in time.
LOW_WATER = 3
# How often, in seconds, the channel is looked at while an answer is being made.
POLL_AFTER = 0.001


class SerialLoop(Loop):
    """One request at a time, in the main thread."""

    def __init__(self, *args):
        super().__init__(*args)
        # Those that have not begun.
        self.requests = deque()
        self._started = 0.0
        self._polled = 0.0

    def run(self):
        requests = self.requests
        times = self._times
        while True:
            if not requests:
                self.flush()
                if self.stopping:
                    return
                self.receive()
                self._flushed = self._started = monotonic()
                if len(requests) > 1:
                    self._late.watch()
                continue
            self.serve(requests.popleft(), 1)
            now = monotonic()
            times.append(now - self._started)
            self._started = now
            if (
                now - self._flushed > ANSWERS_WAIT
                or len(requests) == LOW_WATER
                or len(self.out) > MOST_WAITING
            ):
                self._flushed = now
                self.flush()

    def accept(self, request):
        super().accept(request)
        self.requests.append(request)

    def stop(self):
        self.stopping = True

    def poll(self):
        # Not after each of many small blocks.
        now = monotonic()
        if now - self._polled > POLL_AFTER:
            self._polled = now
            if self._poll.poll(0):
                self.receive()

    def wait(self, waiter, ready):
        began = monotonic()
        while not ready():
            self.receive()
        # What the client takes to read is no time of the application's.
        self._started += monotonic() - began
