"""Errors in words."""
import os
import traceback

PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def summary(error):
    """The last line of a traceback, as in `ValueError: no`."""
    return traceback.format_exception_only(type(error), error)[-1].strip()


def traceback_of(error):
    """A traceback that begins with the application's own code."""
    first = error.__traceback__
    while first is not None and first.tb_frame.f_code.co_filename.startswith(PACKAGE):
        first = first.tb_next
    # What was raised in our own code concerns what the application did.
    return "".join(traceback.format_exception(type(error), error, first))
