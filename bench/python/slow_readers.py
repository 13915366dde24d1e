"""
Fast requests beside slow readers: python slow_readers.py PORT READERS SECONDS

Prints JSON: the latencies of the fast requests in milliseconds, in the order in which they were due,
and how many of them were not answered by the end (these count as long as they waited).
"""
import collections
import json
import selectors
import socket
import sys
import time

# As over Ethernet, and a receiver's buffer of 64 KiB: over the loopback's segments of 64 KiB the
# kernel would take all of an answer from the server at once, and no reader would be slow.
SEGMENT = 1460
BUFFER = 64 * 1024

# What a slow reader takes at a time, and the pause until it takes more: 64 KiB a second.
SIP = 16 * 1024
PAUSE = 0.25

# Fast requests are due at fixed times, whether earlier ones were answered or not.
INTERVAL = 0.005
CONNECTIONS = 16

SETTLE = 0.5
MEBIBYTE = 1024 * 1024

FAST = b'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'
SLOW = b'GET /slow HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'
HELLO = b'Hello, world!\n'


class SlowReader:
    """Asks for 1 MiB again and again, and never reads much of it."""

    def __init__(self, port):
        self.port = port
        self.connect()

    def connect(self):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
        self.socket.settimeout(5)
        self.socket.connect(('127.0.0.1', self.port))
        self.socket.setblocking(False)
        self.socket.send(SLOW)
        self.received = 0

    def sip(self):
        try:
            block = self.socket.recv(SIP)
        except BlockingIOError:
            return
        except ConnectionError:
            block = b''
        self.received += len(block)
        if not block or self.received > MEBIBYTE:
            self.socket.close()
            self.connect()


class FastClient:
    """One connection, one request at a time; connects again when the server closed it."""

    def __init__(self, port, selector):
        self.port = port
        self.selector = selector
        self.socket = None
        self.due = None

    def ask(self, due):
        self.due = due
        self.answer = b''
        if self.socket is not None and self.closed_meanwhile():
            self.leave()
        if self.socket is None:
            self.socket = socket.create_connection(('127.0.0.1', self.port), 5)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.setblocking(False)
            self.selector.register(self.socket, selectors.EVENT_READ, self)
        try:
            self.socket.send(FAST)
        except ConnectionError:
            # Closed just now: read() notices, and asks again over a new connection.
            pass

    def closed_meanwhile(self):
        try:
            return self.socket.recv(1) == b''
        except BlockingIOError:
            return False
        except ConnectionError:
            return True

    def leave(self):
        self.selector.unregister(self.socket)
        self.socket.close()
        self.socket = None

    def read(self):
        """Returns the time of the request that has been answered, if one has."""
        try:
            block = self.socket.recv(65536)
        except ConnectionError:
            block = b''
        if not block:
            self.leave()
            if self.due is not None:
                self.ask(self.due)
            return None
        self.answer += block
        if self.due is None or not self.answer.endswith(HELLO):
            return None
        due, self.due = self.due, None
        return due


def measure(port, seconds, readers):
    selector = selectors.DefaultSelector()
    idle = [FastClient(port, selector) for _ in range(CONNECTIONS)]
    waiting = collections.deque()
    latencies = {}
    sip = time.perf_counter()
    due = begun = sip + SETTLE
    end = begun + seconds
    while (now := time.perf_counter()) < end:
        while due <= now and due < end:
            waiting.append(due)
            latencies[due] = None
            due += INTERVAL
        while waiting and idle:
            idle.pop().ask(waiting.popleft())
        if now >= sip:
            for reader in readers:
                reader.sip()
            sip = now + PAUSE
        pause = max(0, min(due, sip, end) - time.perf_counter())
        for key, _ in selector.select(pause):
            answered = key.data.read()
            if answered is not None:
                latencies[answered] = time.perf_counter() - answered
                idle.append(key.data)
    unanswered = sum(latency is None for latency in latencies.values())
    waited = [end - due if latency is None else latency for due, latency in latencies.items()]
    return {'latencies': [latency * 1000 for latency in waited], 'unanswered': unanswered}


port, readers, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
print(json.dumps(measure(port, seconds, [SlowReader(port) for _ in range(readers)])))
