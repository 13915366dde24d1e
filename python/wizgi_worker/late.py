"""Sends what waits for company, should the application take long over what comes next."""
from threading import Thread
from time import sleep

# How often, in seconds, it looks; and how often in vain until it goes.
INTERVAL = 0.005
PATIENCE = 200


class LateSender:
    """A thread that is there only while answers wait."""

    def __init__(self, out, flush):
        self._out = out
        self._flush = flush
        self._there = False

    def watch(self):
        """Something was left to wait."""
        if not self._there:
            self._there = True
            Thread(target=self._run, name="wizgi-late-answers", daemon=True).start()

    def _run(self):
        idle = 0
        while idle < PATIENCE:
            waiting = self._first()
            sleep(INTERVAL)
            if waiting is None:
                idle += 1
                continue
            idle = 0
            if self._first() is waiting:
                self._flush()
        self._there = False
        # What came at this very moment.
        if self._out:
            self.watch()

    def _first(self):
        try:
            return self._out[0]
        except IndexError:
            # Perhaps sent just now, by another thread.
            return None
