"""The checks of the validator: each gives pairs of a rule's id and what was seen of its breach."""
import json
import re

from .head import HOP_BY_HOP, TOKEN

REQUIRED = (
    "REQUEST_METHOD",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "wsgi.version",
    "wsgi.url_scheme",
    "wsgi.input",
    "wsgi.errors",
    "wsgi.multithread",
    "wsgi.multiprocess",
    "wsgi.run_once",
)
FLAGS = ("wsgi.multithread", "wsgi.multiprocess", "wsgi.run_once", "wsgi.input_terminated")
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PATCH", "PUT", "DELETE", "TRACE")
INPUT = ("read", "readline", "readlines", "__iter__")
ERRORS = ("write", "writelines", "flush")

KEY = re.compile(r"[a-z0-9_.]+")
STATUS = re.compile(r"[0-9]{3} (?:\S(?:.*\S)?)?", re.DOTALL)
STATUS_CHARACTERS = re.compile(r"[\x20-\x7e\x80-\xff]*")
USUAL_NAME = re.compile(r"[a-zA-Z](?:[a-zA-Z0-9_-]*[a-zA-Z0-9])?")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
BEYOND_LATIN_1 = re.compile(r"[^\x00-\xff]")
ETAG = re.compile(r'(?:W/)?"[^"\x00-\x20]*"')
LENGTH = re.compile(r"[0-9]{1,16}")


class Progress:
    """How far a response has come."""

    def __init__(self, environ):
        self.head_only = environ.get("REQUEST_METHOD") == "HEAD"
        # Calls of start_response.
        self.starts = 0
        self.code = 0
        self.has_type = False
        # The declared Content-Length, and the bytes that were given.
        self.declared = None
        self.given = 0
        # Content was given, and more was asked for.
        self.committed = False
        self.returned = False
        self.over = False
        # start_response raised the error that it was given.
        self.rethrown = False

    def accept(self, status, headers):
        self.code = code_of(status)
        sequence = headers if isinstance(headers, (list, tuple)) else []
        headers = [pair for pair in sequence if is_pair(pair)]
        self.has_type = bool(values(headers, "content-type"))
        lengths = [text for text in values(headers, "content-length") if LENGTH.fullmatch(text)]
        self.declared = int(lengths[0]) if lengths else None

    def asks(self):
        self.committed = self.committed or self.given > 0


def call(args, keywords):
    if keywords:
        yield "application-arguments", "the application was called with keywords"
    elif len(args) != 2:
        yield "application-arguments", f"the application was called with {len(args)} arguments"
    elif not callable(args[1]):
        yield "application-arguments", f"startResponse is {show(args[1])}"
    if args and type(args[0]) is not dict:
        yield "environ-object", f"environ is {show(args[0])}"


def environ(environ):
    missing = [key for key in REQUIRED if key not in environ]
    if missing:
        yield "environ-required", f"environ lacks {', '.join(missing)}"
    for key in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
        if key in environ:
            yield "environ-content-headers", f"environ has {key}"
    if "QUERY_STRING" not in environ:
        yield "environ-query-string", "environ lacks QUERY_STRING"
    for key, value in environ.items():
        if not isinstance(key, str):
            yield "environ-strings", f"there is a variable {show(key)}"
        elif "." in key:
            if not KEY.fullmatch(key):
                yield "environ-key-names", f"there is a variable {show(key)}"
        elif type(value) is not str:
            yield "environ-strings", f"{show(key)} is {show(value)}"
        elif BEYOND_LATIN_1.search(value):
            yield "environ-native", f"{show(key)} is {show(value)}"
    yield from environ_values(environ)
    yield from lacking("input-interface", "wsgi.input", environ, INPUT)
    yield from lacking("errors-interface", "wsgi.errors", environ, ERRORS)


def environ_values(environ):
    get = environ.get
    version = get("wsgi.version", (1, 0))
    if type(version) is not tuple or version != (1, 0):
        yield "environ-version", f"wsgi.version is {show(version)}"
    if get("wsgi.url_scheme", "http") not in ("http", "https"):
        yield "environ-scheme", f"wsgi.url_scheme is {show(get('wsgi.url_scheme'))}"
    for key in FLAGS:
        if type(get(key, True)) is not bool:
            yield "environ-flags", f"{key} is {show(get(key))}"
    method = get("REQUEST_METHOD")
    if method == "":
        yield "environ-method", "REQUEST_METHOD is empty"
    elif isinstance(method, str) and method not in METHODS:
        yield "environ-known-method", f"REQUEST_METHOD is {show(method)}"
    for key in ("SCRIPT_NAME", "PATH_INFO"):
        path = get(key)
        if isinstance(path, str) and path and not path.startswith("/"):
            yield "environ-paths", f"{key} is {show(path)}"
    if get("SCRIPT_NAME") == "/":
        yield "environ-script-name", 'SCRIPT_NAME is "/"'
    if not get("SCRIPT_NAME") and "PATH_INFO" not in environ:
        yield "environ-path-info", "environ has neither SCRIPT_NAME nor PATH_INFO"
    length = get("CONTENT_LENGTH", "")
    if isinstance(length, str) and not re.fullmatch("[0-9]*", length):
        yield "environ-content-length", f"CONTENT_LENGTH is {show(length)}"
    for key in ("SERVER_NAME", "SERVER_PORT"):
        if get(key) == "":
            yield "environ-server-address", f"{key} is empty"
    if "wsgi.file_wrapper" in environ and not callable(get("wsgi.file_wrapper")):
        yield "environ-file-wrapper", f"wsgi.file_wrapper is {show(get('wsgi.file_wrapper'))}"


def lacking(rule, name, environ, methods):
    if name in environ:
        missing = [method for method in methods if not hasattr(environ[name], method)]
        if missing:
            yield rule, f"{name} lacks {', '.join(missing)}"


def input_call(method, args, terminated, left):
    size = args[0] if args else None
    if len(args) > 1:
        yield "input-arguments", f"{method}() was called with {len(args)} arguments"
    elif size is not None and type(size) is not int:
        yield "input-arguments", f"{method}() was called with {show(size)}"
    if method != "read" or terminated:
        return
    if type(size) is not int or size < 0:
        yield "input-read-size", "read() was called without one"
    elif left is not None and size > left:
        yield "input-read-beyond", f"read({size}) was called with {left} bytes left"


def input_result(method, args, result):
    if method == "readlines":
        if type(result) is not list:
            yield "input-result", f"{method}() gave {show(result)}"
        else:
            for line in result:
                if type(line) is not bytes:
                    yield "input-result", f"{method}() gave {show(line)} as a line"
        return
    if type(result) is not bytes:
        yield "input-result", f"{method}() gave {show(result)}"
    elif args and type(args[0]) is int and 0 <= args[0] < len(result):
        yield "input-result-size", f"{method}({args[0]}) gave {len(result)} bytes"


def errors_call(method, args):
    if len(args) != (0 if method == "flush" else 1):
        yield "errors-arguments", f"{method}() was called with {len(args)} arguments"
    elif method == "write" and type(args[0]) is not str:
        yield "errors-text", f"write() was called with {show(args[0])}"
    elif method == "writelines" and isinstance(args[0], (list, tuple)):
        for line in args[0]:
            if type(line) is not str:
                yield "errors-text", f"writelines() was given {show(line)}"


def start_call(args, keywords, progress):
    if keywords:
        yield "start-response-arguments", "it was called with keywords"
    elif len(args) not in (2, 3):
        yield "start-response-arguments", f"it was called with {len(args)} arguments"
    exc_info = keywords.get("exc_info", args[2] if len(args) > 2 else None)
    if exc_info is not None and type(exc_info) is not tuple:
        yield "start-response-error", f"the third argument is {show(exc_info)}"
    if progress.over:
        yield "start-response-late", "it was called after the end"
    elif progress.starts and not exc_info:
        yield "start-response-twice", "it was called again, without an error"


def start_outcome(write, due, error):
    if error is None and not callable(write):
        yield "start-response-result", f"it gave {show(write)}"
    if due is not None and error is not due:
        what = "nothing" if error is None else show(error)
        yield "start-response-rethrow", f"it threw {what}"


def start_state(progress, ended):
    if not progress.starts:
        if ended:
            yield "start-response-missing", "the response ended without the call"
        else:
            yield "start-response-before-content", "a block came before the call"
    if progress.rethrown:
        progress.rethrown = False
        yield "start-response-swallowed", "the application went on"


def head(status, headers):
    if type(status) is not str:
        yield "status-string", f"the status is {show(status)}"
    else:
        if not STATUS.fullmatch(status):
            yield "status-form", f"the status is {show(status)}"
        if re.match("[01][0-9][0-9] ", status):
            yield "status-code", f"the status is {show(status)}"
        if not STATUS_CHARACTERS.fullmatch(status):
            yield "status-characters", f"the status is {show(status)}"
    if type(headers) is not list:
        yield "headers-list", f"headers are {show(headers)}"
        return
    for index, pair in enumerate(headers):
        if is_pair(pair):
            yield from header(*pair)
        else:
            yield "headers-list", f"header {index} is {show(pair)}"
    yield from whole_head(code_of(status), [pair for pair in headers if is_pair(pair)])


def header(name, value):
    lower = name.lower()
    if not TOKEN.fullmatch(name):
        yield "header-name", f"there is a header {show(name)}"
    elif not USUAL_NAME.fullmatch(name):
        yield "header-name-usual", f"there is a header {show(name)}"
    if CONTROL.search(value):
        yield "header-value", f"{show(name)} has the value {show(value)}"
    if BEYOND_LATIN_1.search(value):
        yield "header-native", f"{show(name)} has the value {show(value)}"
    if lower == "status":
        yield "header-status", f"there is a header {show(name)}"
    if lower in HOP_BY_HOP:
        yield "header-hop-by-hop", f"there is a header {show(name)}"
    if lower == "etag" and not ETAG.fullmatch(value):
        yield "header-etag", f"the ETag is {show(value)}"


def whole_head(code, headers):
    lengths = values(headers, "content-length")
    for length in lengths:
        if not LENGTH.fullmatch(length):
            yield "content-length-form", f"the Content-Length is {show(length)}"
        elif LENGTH.fullmatch(lengths[0]) and int(length) != int(lengths[0]):
            yield "content-length-form", f"there are Content-Lengths {lengths[0]} and {length}"
    if code == 204:
        yield from present("no-content-headers", headers, ("Content-Length", "Content-Type"))
    if code == 304:
        names = ("Content-Type", "Content-Encoding", "Content-Language", "Content-Range")
        yield from present("not-modified-headers", headers, names)


def present(rule, headers, names):
    found = [name for name in names if values(headers, name.lower())]
    if found:
        yield rule, f"there is {' and '.join(found)}"


def result(result):
    if isinstance(result, (str, bytes, bytearray)):
        yield "body-bare", f"it returned {show(result)}"
    elif not is_iterable(result):
        yield "body-iterable", f"it returned {show(result)}"
    close = getattr(result, "close", None)
    if close is not None and not callable(close):
        yield "body-close", f"close is {show(close)}"


def block(block):
    if type(block) is not bytes:
        yield "block-bytes", f"a block is {show(block)}"


def content(progress, ended):
    code, given, declared = progress.code, progress.given, progress.declared
    bodyless = code in (204, 205, 304)
    if given and code and not bodyless and not progress.has_type:
        yield "content-type-missing", "there is content without a Content-Type"
    if progress.head_only:
        return
    if given and bodyless:
        yield "no-content-body", f"there is content with status {code}"
    if declared is None or bodyless:
        return
    if given > declared:
        yield "content-length-exceeded", f"{given} bytes, with a Content-Length of {declared}"
    if ended and given < declared:
        yield "content-length-short", f"{given} bytes, with a Content-Length of {declared}"


def iteration(iterators, closes):
    if iterators > 1:
        yield "body-iterated-once", f"it was iterated {iterators} times"
    if closes:
        yield "body-iterated-after-close", "it was asked for a block after close()"


def closing(closes):
    if closes > 1:
        yield "close-once", f"it was called {closes} times"


def write(args, keywords, progress):
    if keywords or len(args) != 1:
        yield "write-arguments", f"it was called with {len(args)} arguments"
    if progress.over:
        yield "write-late", "it was called after the end"
    elif progress.returned:
        yield "write-during-iteration", "it was called after the iterable was returned"


def is_iterable(value):
    """Without a call of iter(), which may begin something."""
    return hasattr(type(value), "__iter__") or hasattr(type(value), "__getitem__")


def code_of(status):
    return int(status[:3]) if isinstance(status, str) and re.match("[0-9]{3}", status) else 0


def is_pair(pair):
    return type(pair) is tuple and len(pair) == 2 and type(pair[0]) is type(pair[1]) is str


def values(headers, name):
    return [value.strip(" ") for key, value in headers if key.lower() == name]


def show(value):
    """A value in a few words; no object is looked into."""
    if isinstance(value, str) and type(value) is str:
        return json.dumps(value if len(value) <= 64 else value[:64] + "...")
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    if type(value) is bytes:
        return f"bytes, {len(value)} of them"
    if type(value) in (list, tuple):
        kind = type(value).__name__
        return f"a {kind} of {', '.join(type(part).__name__ for part in value[:4]) or 'nothing'}"
    return f"of type {type(value).__name__}"
