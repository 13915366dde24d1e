"""`/do`: does what its query says, one instruction after the other.

What stands before `return=` is done in the call of the application, the rest while its answer is
iterated over.
"""
import sys

from .gate import gate_of


class KitFailure(Exception):
    """What the kit raises on purpose. No client may read its text."""

    def __init__(self):
        super().__init__("kit-failure-detail")


def run_program(environ, start_response, query, entry):
    return Program(environ, start_response, query, entry).run()


class Program:
    def __init__(self, environ, start_response, query, entry):
        self.environ = environ
        self.start_response = start_response
        self.entry = entry
        self.key = query.get("k", "")
        self.instructions = [pair for pair in query.pairs if pair[0] != "k"]
        self.headers = []
        self.first_write = None
        self.last_write = None
        self.closing = ""
        # The server refused what `start` gave it; the rest of the program is not done then.
        self.refused = False

    def run(self):
        names = [name for name, _ in self.instructions]
        end = names.index("return") if "return" in names else len(names)
        for name, value in self.instructions[:end]:
            self.call(name, value)
            if self.refused:
                return [b"raised"]
        how = self.instructions[end][1] if end < len(names) else "list"
        return self.result(how, self.instructions[end + 1:])

    def result(self, how, rest):
        if how == "list":
            return [value.encode("latin-1") for _, value in rest]
        if how == "generator":
            return self.steps(rest)
        if how == "tracked":
            return Tracked(lambda: self.steps(rest), self.close)
        # An application that forgot to return something.
        return None

    def close(self):
        self.entry.note("close")
        if self.closing == "raise":
            raise KitFailure()

    def steps(self, instructions):
        note = self.entry.note
        try:
            for name, value in instructions:
                if name == "b":
                    note("block")
                    yield value.encode("latin-1")
                elif name == "blocks":
                    yield from self.blocks(value)
                elif name == "read":
                    note("block")
                    yield self.environ["wsgi.input"].read(int(value))
                elif name == "wait":
                    gate_of(self.key).wait()
                else:
                    self.call(name, value)
                    if self.refused:
                        yield b"raised"
                        return
            note("end")
        finally:
            note("finally")

    def blocks(self, value):
        """`COUNTxSIZE`, or `*xSIZE` without end."""
        count, _, size = value.partition("x")
        block = b"." * int(size)
        index = 0
        while count == "*" or index < int(count):
            self.entry.note("block")
            yield block
            index += 1

    def call(self, name, value):
        if name == "h":
            field, _, content = value.partition(":")
            self.headers.append((field, content))
        elif name == "start":
            self.start(value)
        elif name == "again":
            self.again(value)
        elif name == "restart":
            self.restart(value)
        elif name == "write":
            self.write(self.last_write, value)
        elif name == "oldwrite":
            self.write(self.first_write, value)
        elif name == "closing":
            self.closing = value
        elif name == "raise":
            raise KitFailure()
        else:
            raise ValueError("there is no instruction " + name)

    def start(self, status):
        try:
            self.keep(self.start_response(status, self.take_headers()))
        except Exception:
            self.entry.note("start-raised")
            self.refused = True
            self.start_response("200 OK", [("X-Raised", "start")], sys.exc_info())

    def again(self, status):
        try:
            self.keep(self.start_response(status, self.take_headers()))
        except Exception:
            self.entry.note("again-raised")
        else:
            self.entry.note("again-accepted")

    def restart(self, status):
        try:
            raise KitFailure()
        except KitFailure as failure:
            try:
                self.keep(self.start_response(status, self.take_headers(), sys.exc_info()))
            except BaseException as error:
                self.entry.note("restart-raised")
                if error is failure:
                    self.entry.note("restart-same")
                raise

    def write(self, write, value):
        try:
            if write is not None:
                write(value.encode("latin-1"))
        except Exception:
            self.entry.note("write-raised")

    def keep(self, write):
        self.first_write = self.first_write or write
        self.last_write = write

    def take_headers(self):
        headers, self.headers = self.headers, []
        return headers


class Tracked:
    """Something to iterate over that is no generator itself, and has a close() of its own."""

    def __init__(self, steps, close):
        self.steps = steps
        self.close = close

    def __iter__(self):
        return self.steps()
