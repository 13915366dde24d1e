"""wsgi.file_wrapper. (PEP 3333, Optional Platform-Specific File Handling)"""
import io
import os
import stat

# Files up to this size are read here: handing one over takes a round trip.
SMALL = 64 * 1024


class FileWrapper:
    """Iterates over a file; returned bare, a regular file is sent by the server itself."""

    # Bytes that are wanted of the file, None for all.
    wanted = None

    def __init__(self, filelike, blksize=8192):
        self.filelike = filelike
        self.blksize = blksize
        if hasattr(filelike, "close"):
            self.close = filelike.close

    def __iter__(self):
        return self

    def __next__(self):
        if self.wanted is None:
            data = self.filelike.read(self.blksize)
        else:
            data = self.filelike.read(max(0, min(self.blksize, self.wanted)))
            self.wanted -= len(data)
        if data:
            return data
        raise StopIteration


def regular_file(wrapper):
    """Returns descriptor, position and remaining bytes of a regular file, else None."""
    file = wrapper.filelike
    # A NamedTemporaryFile wraps its file; what else has one may read something else from it.
    if type(file).__module__ == "tempfile":
        file = getattr(file, "file", file)
    # What the read() of other types gives can differ from the bytes of the file (gzip.GzipFile).
    if type(file) not in (io.BufferedReader, io.BufferedRandom, io.FileIO):
        return None
    try:
        file.flush()
        position = file.tell()
        status = os.fstat(file.fileno())
    except (OSError, ValueError):
        return None
    # Files that the system makes up as they are read (/proc) seem to be empty.
    if not stat.S_ISREG(status.st_mode) or status.st_size <= position:
        return None
    return file.fileno(), position, status.st_size - position
