"""Takes requests from the channel and runs the application for each."""
import errno
import io
import os
import select
from collections import deque
from marshal import loads
from threading import Lock
from time import monotonic

from . import messages
from .channel import write_pieces
from .errors import InnerError
from .file_wrapper import SMALL, FileWrapper, regular_file
from .late import LateSender
from .request_input import RequestInput
from .response import ClientGone, Response

FRAME = messages.FRAME.pack
LENGTH_SIZE = messages.LENGTH.size
# How long, in seconds, what is done may wait for more, so that it travels together.
FLUSH_AFTER = 0.00025


class Loop:
    """What serial and threaded workers share: the channel, and the course of one request."""

    def __init__(self, app, channel, ledger, constants):
        self.app = app
        # The application is middleware, around one that runs in the server.
        self.around = False
        # Frames to be sent: bytes, or a tuple of their pieces.
        self.out = deque()
        # Requests that have come and not ended.
        self.responses = {}
        # Calls of Python middleware to its inner application, which is the server's.
        self.calls = {}
        self.stopping = False
        self._channel = channel
        self._poll = select.poll()
        self._poll.register(channel, select.POLLIN)
        # Word 0: the last request that may begin, written by the server. Then one for each thread:
        # the last request that it has begun.
        self._ledger = ledger
        # Entries of every environ.
        self._constants = constants
        self._sending = Lock()
        self._buffer = bytearray(256 * 1024)
        self._received = 0
        # Durations of requests, in seconds, which the server has not heard of.
        self._times = deque()
        self._flushed = 0.0
        self._late = LateSender(self.out, self.flush)
        os.register_at_fork(after_in_child=self._forget)

    # --- the channel -----------------------------------------------------------------------------

    def receive(self):
        """Waits for frames and takes in what they say."""
        view = memoryview(self._buffer)
        try:
            size = os.readv(self._channel, (view[self._received :],))
        except OSError as error:
            # Others are the application's: a signal's handler may raise one here.
            if error.errno not in (errno.EBADF, errno.ECONNRESET):
                raise
            self._leave(error)
        if size == 0:
            # The server is gone, and with it everyone who could wait for an answer.
            os._exit(0)
        end = self._received + size
        start = 0
        needed = LENGTH_SIZE
        while end - start >= LENGTH_SIZE:
            (length,) = messages.LENGTH.unpack_from(view, start)
            needed = LENGTH_SIZE + length
            if end - start < needed:
                break
            batch = loads(view[start + LENGTH_SIZE : start + needed])
            start += needed
            needed = LENGTH_SIZE
            for message in batch:
                if len(message) == 4:
                    self.accept(message)
                else:
                    self.control(*message)
        rest = bytes(view[start:end])
        view.release()
        if needed > len(self._buffer):
            self._buffer = bytearray(needed)
        self._buffer[: len(rest)] = rest
        self._received = len(rest)

    def poll(self):
        """Takes in what has arrived, without waiting."""
        raise NotImplementedError

    def accept(self, request):
        request_id, environ = request[:2]
        # From here on, so that no control message about it comes too early.
        self.responses[request_id] = Response(self, request_id, environ["REQUEST_METHOD"] == "HEAD")

    def wait(self, waiter, ready):
        """Waits until control messages have made a condition true."""
        raise NotImplementedError

    def control(self, operation, request_id, argument):
        if operation >= messages.CALL_HEAD:
            call = self.calls.get(request_id)
            if call is not None:
                call.control(operation, argument)
                self.notify(self.responses.get(call.request, call))
            return
        if operation == messages.STOP:
            self.stop()
            return
        response = self.responses.get(request_id)
        if response is None:
            return
        if operation == messages.CREDIT:
            response.granted += argument
        elif operation == messages.CANCEL:
            # What has sent all its content runs to its end, in case that crossed with this.
            response.cancelled = not response.ended
        elif operation == messages.INPUT:
            response.input.feed(argument)
        elif operation == messages.INPUT_END:
            response.input.end(argument)
        elif operation == messages.FILE_TAKEN:
            response.file_taken = argument
        self.notify(response)

    def notify(self, waiter):
        """Control messages have changed something that a request, or a call, may wait for."""

    def stop(self):
        raise NotImplementedError

    def flush(self):
        """Sends what is to be sent. Whoever comes while another sends leaves it to that one."""
        out = self.out
        while out or self._times:
            if not self._sending.acquire(False):
                return
            try:
                self._send()
            finally:
                self._sending.release()

    def flush_soon(self):
        """Sends a block, unless one was sent just before: then it may wait for what follows it."""
        now = monotonic()
        if now - self._flushed > FLUSH_AFTER:
            self._flushed = now
            self.flush()
        else:
            self._late.watch()

    def _send(self):
        out = self.out
        pieces = []
        while out:
            frame = out.popleft()
            if type(frame) is tuple:
                pieces += frame
            else:
                pieces.append(frame)
        times = self._times
        if times:
            count = len(times)
            taken = [times.popleft() for _ in range(count)]
            pieces.append(
                FRAME(
                    messages.TIME,
                    min(int(max(taken) * 1e6), 0xFFFFFFFF),
                    min(int(sum(taken) * 1e6), 0xFFFFFFFF),
                    count,
                )
            )
        try:
            write_pieces(self._channel, pieces)
        except OSError as error:
            self._leave(error)

    def _leave(self, error):
        """The channel is broken: nobody can be answered any more, from whatever thread."""
        if self._channel < 0:
            raise error
        if error.errno == errno.EBADF:
            complain("the application closed a file descriptor that is not its own")
        os._exit(1)

    def _forget(self):
        """A child that the application forked must not answer in our place."""
        os.close(self._channel)
        self._channel = -1

    # --- a request -------------------------------------------------------------------------------

    def serve(self, request, slot):
        request_id, environ, body, streamed = request
        response = self.responses[request_id]
        if response.cancelled:
            self._drop(request_id, messages.END)
            return
        ledger = self._ledger
        before = ledger[slot]
        ledger[slot] = request_id
        if request_id > ledger[0]:
            # The server has taken back what had not begun.
            ledger[slot] = before
            self._drop(request_id, messages.RETURNED)
            return
        environ.update(self._constants)
        if self.around:
            environ["wizgi.request"] = request_id
        if streamed:
            response.input = environ["wsgi.input"] = RequestInput(self, response, body)
        else:
            environ["wsgi.input"] = io.BytesIO(body)
        result = None
        try:
            try:
                result = self.app(environ, response.start_response)
                kind = type(result)
                if (kind is list or kind is tuple) and not response.begun:
                    if result:
                        response.whole(result)
                    else:
                        response.complete()
                elif kind is FileWrapper and self._send_file(response, result):
                    pass
                else:
                    response.iterate(result)
            finally:
                close = getattr(result, "close", None)
                if close is not None:
                    # Which may take its time; the answer need not.
                    self._late.watch()
                    close()
        except BaseException as error:
            if self._channel < 0:
                leave_child(error)
            self._failed(response, error)
        if self._channel < 0:
            leave_child(None)
        if self.around:
            self._end_calls(request_id)
        del self.responses[request_id]
        if not response.ended:
            # The server has given the request up, or has the rest of it in a file.
            response.ended = True
            self.out.append(FRAME(messages.END, request_id, 0, 0))

    def _drop(self, request_id, why):
        """A request that does not begin."""
        del self.responses[request_id]
        self.out.append(FRAME(why, request_id, 0, 0))

    def _end_calls(self, request_id):
        """Closes what the middleware did not."""
        for call in list(self.calls.values()):
            if call.request == request_id:
                call.close()

    def _failed(self, response, error):
        if response.cancelled and isinstance(error, (ClientGone, OSError)):
            return
        if self.around and isinstance(error, InnerError):
            if not response.ended:
                response.fail(str(error), "")
            return
        try:
            report(response, error)
        except MemoryError:
            let_go(error)
            report(response, error)
        except ImportError:
            # The application has changed where Python looks for its own modules.
            name = type(error).__name__
            response.fail(name, name)

    def _send_file(self, response, wrapper):
        """Has the server send a regular file; false where that cannot be."""
        if response.begun or response.head is None:
            return False
        # To be sent up to there. (PEP 3333, Optional Platform-Specific File Handling)
        wrapper.wanted = response.length
        found = regular_file(wrapper)
        if found is None:
            return False
        descriptor, position, size = found
        if response.length is not None:
            size = min(size, response.length)
        if response.discards():
            if response.length is None:
                response.declare(size)
            response.finish_whole(b"")
            return True
        if size <= SMALL:
            content = wrapper.filelike.read(size)
            if response.length is None:
                response.declare(len(content))
            response.finish_whole(content)
            return True
        if response.length is None:
            response.declare(size)
        head = response.head
        where = b"%d %d %d" % (descriptor, position, size)
        self.out.append(FRAME(messages.FILE, response.id, len(head), len(where)) + head + where)
        self.flush()
        self.wait(response, lambda: response.file_taken is not None or response.cancelled)
        if not response.file_taken:
            return response.cancelled
        response.begun = True
        response.end()
        return True


def report(response, error):
    # Here only: most workers never need it.
    from .trace import summary, traceback_of

    response.fail(summary(error), traceback_of(error))


def let_go(error):
    """Frees what the frames of an error, and of those before it, hold."""
    for _ in range(16):
        if error is None:
            return
        trace = error.__traceback__
        while trace is not None:
            try:
                trace.tb_frame.clear()
            except RuntimeError:
                # Still running: ours.
                pass
            trace = trace.tb_next
        error = error.__context__


def leave_child(error):
    """Ends a child which the application forked, and which came back to us."""
    code = 1
    if isinstance(error, SystemExit) and (error.code is None or isinstance(error.code, int)):
        code = error.code or 0
    else:
        why = "ended the request" if error is None else f"failed ({error!r:.200})"
        complain(f"a child that the application forked {why}; it has to end with os._exit()")
    os._exit(code & 255)


def complain(message):
    try:
        os.write(2, f"{message}\n".encode("utf-8", "backslashreplace"))
    except OSError:
        # Closed as well.
        pass
