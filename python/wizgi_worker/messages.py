"""What the two ends of the channel say to each other; `src/python/messages.ts` is the other end.

To the worker come frames of a 32-bit length and a list in `marshal` format. A request is a tuple of
four, a control message one of three: (operation, request, argument).

From the worker go frames of a type, a request and two numbers. For types below 16 the numbers are the
sizes of a text and of content, which follow.
"""
import struct

FRAME = struct.Struct("<BIII")
LENGTH = struct.Struct("<I")

# From the worker, with text and content.
READY = 1
FAILED = 2
ANSWER = 3
BEGIN = 4
BLOCK = 5
ERROR = 6
FILE = 7
CALL = 8
CALL_INPUT = 9
MODULES = 10
LATE_ERROR = 11
FINDING = 12

# From the worker, with two numbers.
END = 16
RETURNED = 17
TIME = 18
WANT = 19
CALL_INPUT_END = 20
CALL_TAKEN = 21
CALL_CLOSE = 22
FORKED = 23
EXITED = 24

# To the worker: operations of control messages.
STOP = 0
CREDIT = 1
CANCEL = 2
INPUT = 3
INPUT_END = 4
FILE_TAKEN = 5
CALL_HEAD = 6
CALL_BLOCK = 7
CALL_END = 8
CALL_ERROR = 9
CALL_WANT_INPUT = 10
FORK = 11

# Bytes of an answer that may be under way before the server asks for more.
WINDOW = 256 * 1024
# Bytes of one frame of content: small enough to be joined cheaply where a read cuts one.
PIECE = 64 * 1024
