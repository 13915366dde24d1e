"""Holds an application, and the server that calls it, to the contract: what `wizgi check` runs.

The rules, with their ids and texts, are those of `src/validator/`; `validate_rules` is made from
them.
"""
import sys

from . import validate_checks as checks
from .validate_rules import RULES


class ValidationError(AssertionError):
    """A rule of the contract was broken."""


class Finding:
    """A rule that was broken, what was seen, and the request's method and path."""

    def __init__(self, rule, seen, request, error=None):
        self.rule = rule
        self.severity, self.text, self.remedy, self.reference = RULES[rule]
        self.seen = seen
        self.request = request
        # What the application raised, where that is what was found.
        self.error = error

    def __str__(self):
        return f"{self.rule}: {self.seen}. {self.text} {self.remedy} ({self.reference})"


def validator(application, report=None):
    """Gives the application, with it and its callers checked.

    Errors are raised where they are made, and warnings are written to standard error, each once.
    With `report`, a callable that takes a Finding, nothing is raised, and the request goes on.
    """

    def checked(*args, **keywords):
        environ = args[0] if args else None
        inspection = Inspection(report, environ)
        inspection.check(checks.call, args, keywords)
        if not isinstance(environ, dict) or len(args) < 2:
            return application(*args, **keywords)
        inspection.check(checks.environ, environ)
        progress = checks.Progress(environ)
        request = Request(inspection, progress)
        if "wsgi.input" in environ:
            environ["wsgi.input"] = Input(request, environ)
        if "wsgi.errors" in environ:
            environ["wsgi.errors"] = Errors(request, environ["wsgi.errors"])
        start_response = request.start_response(args[1])
        try:
            result = application(environ, start_response, *args[2:], **keywords)
        except BaseException as error:
            request.failed(error)
            raise
        return request.body(result)

    return checked


class Inspection:
    """Passes on what is found in one request."""

    def __init__(self, report, environ):
        self.report = report
        self._request = describe(environ)
        self._known = set()

    def check(self, table, *facts):
        for rule, seen in table(*facts):
            self.find(rule, seen)

    def find(self, rule, seen, error=None):
        finding = Finding(rule, seen, self._request, error)
        if self.report is not None:
            # Each rule once.
            if rule not in self._known:
                self._known.add(rule)
                self.report(finding)
        elif finding.severity == "error":
            raise ValidationError(str(finding))
        else:
            say(finding)

    def find_late(self, rule, seen):
        """Where nobody is left to catch anything."""
        (self.report or say)(Finding(rule, seen, self._request))


class Request:
    """The course of one request."""

    def __init__(self, inspection, progress):
        self.inspection = inspection
        self.progress = progress
        self._server_error = None

    def start_response(self, server):
        inspection, progress = self.inspection, self.progress

        def start_response(*args, **keywords):
            inspection.check(checks.start_call, args, keywords, progress)
            progress.starts += 1
            given = {**dict(zip(("status", "headers", "exc_info"), args)), **keywords}
            status = given.get("status")
            headers = given.get("headers", given.get("response_headers"))
            inspection.check(checks.head, status, headers)
            exc_info = given.pop("exc_info", None)
            due = exc_info[1] if progress.committed and type(exc_info) is tuple else None
            try:
                write = self.server_side(server, *args, **keywords)
            except BaseException as error:
                inspection.check(checks.start_outcome, None, due, error)
                progress.rethrown = bool(exc_info) and error is exc_info[1]
                raise
            finally:
                exc_info = None
            inspection.check(checks.start_outcome, write, due, None)
            progress.accept(status, headers)
            return self.write(write) if callable(write) else write

        return start_response

    def write(self, server):
        inspection, progress = self.inspection, self.progress

        def write(*args, **keywords):
            inspection.check(checks.write, args, keywords, progress)
            for block in args[:1]:
                self.block(block)
            self.server_side(server, *args, **keywords)
            progress.committed = progress.committed or bool(args and args[0])

        return write

    def body(self, result):
        self.progress.returned = True
        self.inspection.check(checks.result, result)
        # What is no iterable of blocks is for the server to refuse.
        bare = isinstance(result, (str, bytes, bytearray))
        return Body(self, result) if checks.is_iterable(result) and not bare else result

    def block(self, block):
        inspection, progress = self.inspection, self.progress
        inspection.check(checks.start_state, progress, False)
        inspection.check(checks.block, block)
        if isinstance(block, (bytes, bytearray, memoryview)) and len(block) > 0:
            progress.given += len(block)
            inspection.check(checks.content, progress, False)

    def end(self):
        self.inspection.check(checks.start_state, self.progress, True)
        self.inspection.check(checks.content, self.progress, True)

    def server_side(self, function, *args, **keywords):
        """Calls what is the server's, and remembers what it raises."""
        try:
            return function(*args, **keywords)
        except BaseException as error:
            self._server_error = error
            raise

    def failed(self, error):
        """The application raised; who collects findings hears of what is its own."""
        self.progress.rethrown = False
        if self.inspection.report is None or error is self._server_error:
            return
        if isinstance(error, ForeignMethod):
            self.inspection.find(error.rule, f"{error.method} was asked of it", error)
        elif not isinstance(error, GeneratorExit):
            from .trace import summary

            self.inspection.find("application-fails", f"it raised {summary(error)}", error)


class Body:
    """The iterable that the application returned."""

    def __init__(self, request, source):
        self._request = request
        self._source = source
        self._iterators = 0
        self._closes = 0
        # Looked up now, as a server may do it at any time.
        self._close = getattr(source, "close", None)

    def __iter__(self):
        self._iterators += 1
        self.check_iteration()
        return Blocks(self, self._request, self._source)

    def check_iteration(self):
        self._request.inspection.check(checks.iteration, self._iterators, self._closes)

    def close(self):
        self._closes += 1
        request = self._request
        request.progress.over = True
        request.inspection.check(checks.closing, self._closes)
        if self._close is None:
            return
        try:
            self._close()
        except BaseException as error:
            # That it cannot be called has been found.
            if callable(self._close):
                request.failed(error)
            raise

    def __del__(self):
        if self._closes == 0:
            self._request.inspection.find_late(
                "close-missing", "the iterable is gone, and was never closed"
            )


class Blocks:
    """An iteration over it; it holds the iterable, because a server need not."""

    def __init__(self, body, request, source):
        self._body = body
        self._request = request
        self._ended = False
        try:
            self._blocks = iter(source)
        except BaseException as error:
            request.failed(error)
            raise

    def __iter__(self):
        return self

    def __next__(self):
        request = self._request
        self._body.check_iteration()
        request.progress.asks()
        try:
            block = next(self._blocks)
        except StopIteration:
            if not self._ended:
                self._ended = True
                request.end()
            raise
        except BaseException as error:
            request.failed(error)
            raise
        request.block(block)
        return block


class ForeignMethod(AttributeError):
    """A stream was used as PEP 3333 does not say that it can be."""

    def __init__(self, rule, name):
        super().__init__(f"{rule}: the stream has no {name} that an application may use")
        self.rule = rule
        self.method = name


class Stream:
    """A stream of the server's, of which only what PEP 3333 names is there: who looks before has a
    choice then, and who does not has done wrong."""

    _rule = ""

    def __init__(self, request, server):
        self._request = request
        self._server = server

    def __getattr__(self, name):
        raise ForeignMethod(self._rule, name)

    def close(self):
        self._request.inspection.find(self._rule, "close() was called on it")
        close = getattr(self._server, "close", None)
        if close is not None:
            close()


class Input(Stream):
    """wsgi.input"""

    _rule = "input-methods"

    def __init__(self, request, environ):
        super().__init__(request, environ["wsgi.input"])
        self._terminated = bool(environ.get("wsgi.input_terminated"))
        length = environ.get("CONTENT_LENGTH", "")
        self._left = int(length) if isinstance(length, str) and length.isdecimal() else None

    def read(self, *args):
        return self._call("read", args)

    def readline(self, *args):
        return self._call("readline", args)

    def readlines(self, *args):
        return self._call("readlines", args)

    def __iter__(self):
        for line in self._server:
            self._took("readline", (), line)
            yield line

    def _call(self, method, args):
        inspection = self._request.inspection
        inspection.check(checks.input_call, method, args, self._terminated, self._left)
        result = self._request.server_side(getattr(self._server, method), *args)
        self._took(method, args, result)
        return result

    def _took(self, method, args, result):
        self._request.inspection.check(checks.input_result, method, args, result)
        if self._left is not None:
            for piece in result if isinstance(result, list) else [result]:
                if isinstance(piece, bytes):
                    self._left = max(0, self._left - len(piece))


class Errors(Stream):
    """wsgi.errors"""

    _rule = "errors-methods"

    def write(self, *args):
        return self._call("write", args)

    def writelines(self, *args):
        return self._call("writelines", args)

    def flush(self, *args):
        return self._call("flush", args)

    def _call(self, method, args):
        self._request.inspection.check(checks.errors_call, method, args)
        return self._request.server_side(getattr(self._server, method), *args)


# Texts that were written; each is written once.
said = set()
MOST_SAID = 1000


def say(finding):
    text = str(finding)
    if text not in said and len(said) < MOST_SAID:
        said.add(text)
        sys.stderr.write(f"wizgi validator: {finding.request}: {finding.severity}: {text}\n")


def describe(environ):
    if not isinstance(environ, dict):
        return ""
    method, script_name, path_info = (
        environ.get(key, "") for key in ("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO")
    )
    return ascii(f"{method} {script_name}{path_info}")[1:-1]
