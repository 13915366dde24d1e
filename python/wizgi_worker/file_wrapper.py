"""wsgi.file_wrapper. (PEP 3333, Optional Platform-Specific File Handling)"""
import io
import os
import stat

# Files up to this size are read here: handing one over takes a round trip.
SMALL = 64 * 1024


class FileWrapper:
    """Iterates over a file; returned bare, a regular file is sent by the server itself."""

    def __init__(self, filelike, blksize=8192):
        self.filelike = filelike
        self.blksize = blksize
        if hasattr(filelike, "close"):
            self.close = filelike.close

    def __iter__(self):
        return self

    def __next__(self):
        data = self.filelike.read(self.blksize)
        if data:
            return data
        raise StopIteration


def regular_file(wrapper):
    """Returns descriptor, position and remaining bytes of a regular file, else None."""
    # A NamedTemporaryFile wraps its file.
    file = getattr(wrapper.filelike, "file", wrapper.filelike)
    # What the read() of other types gives can differ from the bytes of the file (gzip.GzipFile).
    if type(file) not in (io.BufferedReader, io.BufferedRandom, io.FileIO):
        return None
    try:
        file.flush()
        position = file.tell()
        status = os.fstat(file.fileno())
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return file.fileno(), position, max(0, status.st_size - position)
