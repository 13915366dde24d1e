"""One request's answer: start_response, write() and the blocks of content. (PEP 3333)"""
from . import messages
from .head import encode_head

FRAME = messages.FRAME.pack
LENGTH_HEADER = b"\nContent-Length\n%d"
# Content up to this size is joined to its head.
JOINED = 16 * 1024


class ClientGone(ConnectionError):
    """The client left, or the server gave up on the request: nobody waits for the rest."""


class Response:
    # The state of most answers never changes: as attributes of the class it costs them nothing.
    started = False
    head = None
    length = None
    has_content = True
    begun = False
    sent = 0
    # Written where the channel is read; `sent` by the thread that answers.
    granted = messages.WINDOW
    ended = False
    cancelled = False
    input = None
    file_taken = None
    event = None

    def __init__(self, loop, request_id, headless):
        self.loop = loop
        self.id = request_id
        # The answer to HEAD: its content goes nowhere.
        self.headless = headless

    def start_response(self, status, headers, exc_info=None):
        """PEP 3333, The start_response() Callable."""
        if exc_info:
            try:
                if self.begun:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self.started and not self.ended:
            raise AssertionError(
                "start_response was called before; pass exc_info where an error makes another call "
                "necessary"
            )
        if self.ended:
            raise AssertionError("start_response was called after the response ended")
        # Counts even if what it was given is bad, and leaves nothing of an earlier call then.
        self.started = True
        self.head = None
        self.head, self.length, self.has_content = encode_head(status, headers)
        return self.write

    def write(self, data):
        """PEP 3333, The write() Callable.

        Works in an iterable too, where the PEP forbids its use: Mercurial's hgweb does that.
        """
        if self.ended:
            raise AssertionError("write() was called after the response ended")
        data = as_bytes(data)
        if self.length is not None and self.sent + len(data) > self.length and self.has_content:
            raise AssertionError(f"write() exceeds the declared Content-Length of {self.length}")
        if data and not (self.begun and self.discards()):
            self.block(data)
            self.loop.flush_soon()
        if self.cancelled and not (self.discards() or self.sent == self.length):
            raise ClientGone("the client is gone")

    def discards(self):
        """Whether content goes nowhere, so that the server needs none beyond the first."""
        return self.headless or not self.has_content

    def whole(self, blocks):
        """Sends a list: its length is known."""
        content = blocks[0] if len(blocks) == 1 else b"".join(map(as_bytes, blocks))
        if type(content) is not bytes:
            content = as_bytes(content)
        if self.head is None:
            raise missing()
        if self.length is None and self.has_content:
            # An application that leaves its content out on HEAD does not tell how long it is.
            if content or not self.headless:
                self.declare(len(content))
        self.finish_whole(content)

    def declare(self, length):
        """Adds the length that the application left to the server. (PEP 3333, Handling the Content-Length Header)"""
        self.head += LENGTH_HEADER % length
        self.length = length

    def finish_whole(self, content):
        head = self.head
        if self.discards():
            # Non-empty must stay so, and no more than that is of interest.
            content = content[:1]
        self.begun = True
        size = len(content)
        if size > messages.PIECE:
            self.stream(content, messages.BEGIN)
            self.end()
            return
        frame = FRAME(messages.ANSWER, self.id, len(head), size) + head
        # What is large is not copied; one item in any case, as the frames of two requests must not mix.
        self.loop.out.append(frame + content if size <= JOINED else (frame, content))
        self.sent = size
        self.ended = True

    def iterate(self, blocks):
        """Sends what an iterable gives, block by block as it comes. (PEP 3333, Buffering and Streaming)"""
        loop = self.loop
        barren = 0
        for block in blocks:
            if type(block) is not bytes:
                block = as_bytes(block)
            if self.ended:
                # The answer is whole; what follows is for the application's own sake.
                if block:
                    raise AssertionError(
                        f"the application sent more than the declared Content-Length of {self.length}"
                    )
            elif block:
                if not self.begun and len(block) == self.length:
                    self.finish_whole(block)
                    continue
                self.block(block)
                if self.sent == self.length:
                    self.end()
                loop.flush_soon()
                if self.discards():
                    # Nothing that follows can reach the client, and it may never end.
                    break
            else:
                barren += 1
                if barren & 63:
                    continue
            loop.poll()
            if self.cancelled:
                return
        self.complete()

    def complete(self):
        """The iterable is exhausted."""
        if self.ended:
            return
        if self.head is None:
            raise missing()
        if self.begun:
            self.end()
            return
        if self.length is None and not self.discards():
            self.declare(0)
        self.finish_whole(b"")

    def end(self):
        self.loop.out.append(FRAME(messages.END, self.id, 0, 0))
        self.ended = True

    def block(self, block):
        if self.head is None:
            raise missing()
        kind = messages.BLOCK if self.begun else messages.BEGIN
        self.begun = True
        self.stream(block, kind)

    def stream(self, content, kind):
        """Sends content as fast as the server asks for it."""
        size = len(content)
        view = memoryview(content)
        start = 0
        while start < size and not self.cancelled:
            piece = min(size - start, messages.PIECE, self.granted - self.sent)
            if piece <= 0:
                self.loop.flush()
                self.loop.wait(self, self.has_room)
                continue
            head = self.head if kind == messages.BEGIN else b""
            out = self.loop.out
            out.append((FRAME(kind, self.id, len(head), piece) + head, view[start : start + piece]))
            kind = messages.BLOCK
            start += piece
            self.sent += piece
        view.release()

    def has_room(self):
        return self.granted > self.sent or self.cancelled

    def fail(self, summary, trace):
        """Reports the application's error, which ends the answer unless it had ended already."""
        kind = messages.LATE_ERROR if self.ended else messages.ERROR
        self.ended = True
        text = summary.encode("utf-8", "replace")
        detail = trace.encode("utf-8", "replace")
        self.loop.out.append(FRAME(kind, self.id, len(text), len(detail)) + text + detail)


def as_bytes(block):
    if isinstance(block, (bytes, bytearray, memoryview)):
        return bytes(block)
    hint = "; encode it first" if isinstance(block, str) else ""
    raise TypeError(f"a block of the response must be bytes, not {type(block).__name__}{hint}")


def missing():
    return AssertionError(
        "the application gave its content, or ended, without calling start_response"
    )
