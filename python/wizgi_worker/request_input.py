"""wsgi.input for bodies that do not come with their request. (PEP 3333, Input and Error Streams)"""
from collections import deque

from . import messages

# How much is asked for at a time.
DEMAND = 256 * 1024


class RequestInput:
    """Reads what the server holds, as it is asked for.

    Raises OSError when the body is incomplete, because its client left.
    """

    def __init__(self, loop, response, first):
        self._loop = loop
        self._response = response
        self._blocks = [first] if first else []
        self._arrived = deque()
        self._offset = 0
        self._available = len(first)
        self._demanded = 0
        self._outcome = None

    def read(self, size=-1):
        if size is None or size < 0:
            while self._more():
                pass
            return self._take(self._available)
        while self._available < size and self._more():
            pass
        return self._take(min(size, self._available))

    def read1(self, size=-1):
        """Reads what has arrived, and waits only if nothing has."""
        if self._available == 0:
            self._more()
        return self._take(self._available if size is None or size < 0 else min(size, self._available))

    def has_arrived(self):
        """Whether read1() would not wait; if it would, the server is asked for more."""
        if self._available > 0 or self._changed():
            return True
        if self._demanded <= 0:
            self._demand()
        return False

    def readline(self, size=-1):
        limit = None if size is None or size < 0 else size
        scanned = 0
        index = 0
        while True:
            while index < len(self._blocks):
                block = self._blocks[index]
                start = self._offset if index == 0 else 0
                found = block.find(b"\n", start)
                if found >= 0:
                    length = scanned + found + 1 - start
                    return self._take(length if limit is None else min(length, limit))
                scanned += len(block) - start
                index += 1
                if limit is not None and scanned >= limit:
                    return self._take(limit)
            if not self._more():
                return self._take(self._available if limit is None else min(limit, self._available))

    def readlines(self, hint=-1):
        lines = []
        total = 0
        for line in self:
            lines.append(line)
            total += len(line)
            if hint is not None and 0 < hint <= total:
                break
        return lines

    def __iter__(self):
        return self

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def feed(self, data):
        """The server sent what was asked for."""
        # All else is the reading thread's own: this may run beside it.
        self._arrived.append(data)

    def end(self, error):
        """Nothing follows; `error` says why, if the body is incomplete."""
        self._outcome = error or ""

    def _more(self):
        """Waits for more; false at the end."""
        while True:
            # Looked at before what has arrived: the last block comes before the outcome.
            outcome, cancelled = self._outcome, self._response.cancelled
            if self._collect():
                return True
            if outcome:
                raise OSError(outcome)
            if outcome is not None:
                return False
            if cancelled:
                raise OSError("the request body is incomplete: the client is gone")
            if self._response.ended:
                raise OSError("wsgi.input was read after the request ended")
            if self._demanded <= 0:
                self._demand()
            self._loop.wait(self._response, self._changed)

    def _collect(self):
        """Takes in the blocks that have arrived; false when there are none."""
        if not self._arrived:
            return False
        while self._arrived:
            block = self._arrived.popleft()
            self._blocks.append(block)
            self._available += len(block)
            self._demanded -= len(block)
        return True

    def _demand(self):
        self._demanded += DEMAND
        self._loop.out.append(messages.FRAME.pack(messages.WANT, self._response.id, DEMAND, 0))
        self._loop.flush()

    def _changed(self):
        return self._arrived or self._outcome is not None or self._response.cancelled

    def _take(self, size):
        if size == 0:
            return b""
        first = self._blocks[0]
        if size <= len(first) - self._offset:
            data = first[self._offset : self._offset + size]
            self._offset += size
            if self._offset == len(first):
                del self._blocks[0]
                self._offset = 0
        else:
            parts = [first[self._offset :]]
            missing = size - len(parts[0])
            index = 1
            while missing > 0:
                block = self._blocks[index]
                parts.append(block[:missing] if len(block) > missing else block)
                if len(block) > missing:
                    break
                missing -= len(block)
                index += 1
            else:
                missing = 0
            del self._blocks[:index]
            self._offset = missing
            data = b"".join(parts)
        self._available -= size
        return data
