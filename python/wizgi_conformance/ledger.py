"""What happened to requests, under keys that their clients chose, for later requests to ask."""
import threading

# Everything that is counted. A report has all of them, so that what never happened is a zero.
EVENTS = (
    "call",
    "start-raised",
    "again-raised",
    "again-accepted",
    "restart-raised",
    "restart-same",
    "write-raised",
    "block",
    "end",
    "finally",
    "close",
    "file-read",
    "file-close",
)

# The first events of a request in order; endless answers have too many to keep all.
MOST_EVENTS = 64
# Keys, of which the oldest is forgotten first.
MOST_KEYS = 4096

lock = threading.Lock()
entries = {}


class Entry:
    def __init__(self):
        self.events = []
        self.counts = dict.fromkeys(EVENTS, 0)

    def note(self, event):
        with lock:
            self.counts[event] += 1
            if len(self.events) < MOST_EVENTS:
                self.events.append(event)

    def report(self):
        with lock:
            return {"events": list(self.events), "counts": dict(self.counts)}


def entry_of(key):
    """The entry of a key; without a key, one that nobody can ask for."""
    if key is None:
        return Entry()
    with lock:
        if key not in entries:
            if len(entries) >= MOST_KEYS:
                del entries[next(iter(entries))]
            entries[key] = Entry()
        return entries[key]
