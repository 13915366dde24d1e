"""Errors in words."""
import os
import traceback

# Characters that are told of a message, and of a traceback.
MOST_TEXT = 4 * 1024
MOST_TRACE = 64 * 1024

PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def summary(error):
    """The last line of a traceback, as in `ValueError: no`."""
    return shortened(traceback.format_exception_only(type(error), error)[-1].strip(), MOST_TEXT)


def traceback_of(error):
    """A traceback that begins with the application's own code."""
    first = error.__traceback__
    while first is not None and first.tb_frame.f_code.co_filename.startswith(PACKAGE):
        first = first.tb_next
    # What was raised in our own code concerns what the application did.
    return shortened("".join(traceback.format_exception(type(error), error, first)), MOST_TRACE)


def shortened(text, most):
    """Leaves out the middle of a text that is too long."""
    if len(text) <= most:
        return text
    return f"{text[: most // 2]} [...] {text[-most // 2 :]}"
