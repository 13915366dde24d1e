"""A worker that runs one request at a time, in its main thread."""
from collections import deque
from time import monotonic, sleep

from .loop import Loop

# How long, in seconds, finished answers may wait for others, so that they travel together.
FLUSH_AFTER = 0.00025
# As many need not wait.
FLUSH_COUNT = 32


class SerialLoop(Loop):
    """One request at a time, in the main thread."""

    def __init__(self, *args):
        super().__init__(*args)
        # Those that have not begun.
        self.requests = deque()
        self._started = 0.0
        self._watching = False

    def run(self):
        requests = self.requests
        times = self._times
        flushed = 0.0
        while True:
            if not requests:
                self.flush()
                if self.stopping:
                    return
                self.receive()
                flushed = self._started = monotonic()
                if len(requests) > 1 and not self._watching:
                    self._watch()
                continue
            self.serve(requests.popleft(), 1)
            now = monotonic()
            times.append(now - self._started)
            self._started = now
            if now - flushed > FLUSH_AFTER or len(self.out) > FLUSH_COUNT:
                self.flush()
                flushed = now

    def accept(self, request):
        super().accept(request)
        self.requests.append(request)

    def stop(self):
        self.stopping = True

    def poll(self):
        if self._poll.poll(0):
            self.receive()

    def wait(self, waiter, ready):
        began = monotonic()
        while not ready():
            self.receive()
        # What the client takes to read is no time of the application's.
        self._started += monotonic() - began

    def _watch(self):
        """Has answers that are done sent although the request behind them takes long."""
        from threading import Thread

        self._watching = True
        Thread(target=self._send_late, name="wizgi-late-answers", daemon=True).start()

    def _send_late(self):
        idle = 0
        while idle < 50:
            waiting = self._first_out()
            sleep(0.02)
            if waiting is not None and self._first_out() is waiting:
                self.flush()
            idle = 0 if self.requests or waiting is not None else idle + 1
        self._watching = False

    def _first_out(self):
        try:
            return self.out[0]
        except IndexError:
            # Perhaps sent just now, by the main thread.
            return None
