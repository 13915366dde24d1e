"""A worker that runs as many requests at a time as it has threads."""
from queue import SimpleQueue
from threading import Event, Thread
from time import monotonic

from .loop import Loop


class ThreadedLoop(Loop):
    """As many requests at a time as there are threads; the main thread reads the channel."""

    def __init__(self, app, channel, ledger, constants, threads):
        super().__init__(app, channel, ledger, constants)
        self._ready = SimpleQueue()
        self._threads = [
            Thread(target=self._work, args=(index + 1,), name=f"wizgi-{index + 1}")
            for index in range(threads)
        ]

    def run(self):
        for thread in self._threads:
            thread.daemon = True
            thread.start()
        while not self.stopping:
            self.receive()
        for _ in self._threads:
            self._ready.put(None)
        for thread in self._threads:
            thread.join()
        self.flush()

    def _work(self, slot):
        while True:
            request = self._ready.get()
            if request is None:
                return
            started = monotonic()
            self.serve(request, slot)
            self._times.append(monotonic() - started)
            self.flush()

    def accept(self, request):
        super().accept(request)
        self._ready.put(request)

    def stop(self):
        self.stopping = True

    def poll(self):
        """The main thread does."""

    def notify(self, waiter):
        event = waiter.event
        if event is not None:
            event.set()

    def wait(self, waiter, ready):
        if waiter.event is None:
            waiter.event = Event()
        while True:
            waiter.event.clear()
            if ready():
                return
            waiter.event.wait()
