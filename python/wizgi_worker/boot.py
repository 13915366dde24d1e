"""Starts a worker: takes over what the server left open, loads the application, serves.

Descriptors at the start: 0 is held open by the server for as long as it lives, 2 takes all that is
printed, 3 is the channel, 4 the ledger (see `Loop`).
"""
import faulthandler
import fcntl
import gc
import mmap
import os
import signal
import sys
from marshal import loads
from time import sleep, time

from . import messages
from .channel import read_batch, write_all
from .errors import ErrorStream
from .file_wrapper import FileWrapper

# fcntl has no name for it, nor do systems other than Linux have it.
F_SETSIG = 10
LEDGER_SIZE = 4096


def main():
    started = time()
    channel = take_over(3)
    ledger = map_ledger(take_over(4))
    die_with_server(take_over(0))
    errors = redirect_output()
    stack_signal = dump_stacks_to(errors)
    ignore_terminate()
    check_marshal()
    (config,) = read_batch(channel)
    os.chdir(config["directory"])
    app = load(config, channel, started)
    # What was loaded stays: no collector need look at it again, or touch its pages and so copy them.
    gc.collect()
    gc.freeze()
    if config["preload"]:
        from . import preload

        if config["reload"]:
            report_modules(channel, started)
        channel, ledger, errors = preload.run(channel)
        (config,) = read_batch(channel)
        stack_signal = dump_stacks_to(errors)
        ignore_terminate()
    serve(app, config, channel, ledger, errors, stack_signal, started)


def serve(app, config, channel, ledger, errors, stack_signal, started):
    threads = config["threads"]
    constants = {
        "wsgi.version": (1, 0),
        "wsgi.errors": ErrorStream(errors),
        "wsgi.multithread": threads > 1,
        "wsgi.multiprocess": config["multiprocess"],
        "wsgi.run_once": config["runOnce"],
        "wsgi.input_terminated": True,
        "wsgi.file_wrapper": FileWrapper,
    }
    if threads > 1:
        from .threaded import ThreadedLoop

        loop = ThreadedLoop(app, channel, ledger, constants, threads)
    else:
        from .serial import SerialLoop

        loop = SerialLoop(app, channel, ledger, constants)
    if config["around"]:
        loop.around = True
        app.inner.loop = loop
    if config["validate"]:
        loop.app = validated(app, loop)
    if config["reload"]:
        report_modules(channel, started)
        watch_imports(loop)
    text = f"{sys.version.split()[0]}\n{stack_signal}".encode()
    send(channel, messages.READY, text)
    loop.run()
    # The usual end of a program, with its atexit handlers.
    sys.exit(0)


def load(config, channel, started):
    """Loads the application, or tells the server why that is not possible and ends."""
    from . import target

    try:
        app = target.load(
            config["target"], config["directory"], config["pythonpath"], config["around"]
        )
        if config["around"]:
            from .inner import Inner

            inner = Inner()
            app = Wrapped(target.wrap(app, inner, config["target"]), inner)
        return app
    except BaseException as error:
        if isinstance(error, target.TargetError):
            message, trace = str(error), ""
        else:
            from .trace import summary, traceback_of

            message, trace = summary(error), traceback_of(error)
        if config["reload"]:
            report_modules(channel, started)
        send(channel, messages.FAILED, message.encode("utf-8", "replace"), trace.encode("utf-8", "replace"))
        # Not sys.exit: what the application began at import must not keep us.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(3)


def validated(app, loop):
    """Has the application checked; the server hears of what is found."""
    import json

    from .trace import traceback_of
    from .validate import validator

    def report(finding):
        trace = "" if finding.error is None else traceback_of(finding.error)
        text = json.dumps([finding.rule, finding.seen, finding.request, trace]).encode()
        loop.out.append(messages.FRAME.pack(messages.FINDING, 0, len(text), 0) + text)

    return validator(app, report)


class Wrapped:
    """Middleware with the inner application it was put around."""

    def __init__(self, app, inner):
        self.app = app
        self.inner = inner

    def __call__(self, environ, start_response):
        return self.app(environ, start_response)


def send(channel, kind, text, content=b""):
    write_all(channel, messages.FRAME.pack(kind, 0, len(text), len(content)) + text + content)


def watch_imports(loop):
    """Names what requests import, too; for development, where a thread more does not matter."""
    from threading import Thread

    from .target import watched_files

    def watch():
        known = set(watched_files())
        while True:
            before = time()
            sleep(1)
            new = set(watched_files()) - known
            if new:
                known |= new
                loop.out.append(modules_frame(new, before))
                loop.flush()

    Thread(target=watch, name="wizgi-imports", daemon=True).start()


def report_modules(channel, since):
    """Names the files that went into the application, for the server to watch."""
    from .target import watched_files

    write_all(channel, modules_frame(watched_files(), since))


def modules_frame(files, since):
    """Files, none of which was loaded before a time in seconds."""
    text = b"%d" % (since * 1000)
    content = "\n".join(files).encode("utf-8", "surrogateescape")
    return messages.FRAME.pack(messages.MODULES, 0, len(text), len(content)) + text + content


def out_of_the_way(descriptor):
    """Gives a copy of a descriptor where applications do not look, and that their children lack."""
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 20)


def take_over(descriptor):
    """Moves a descriptor out of the way."""
    moved = out_of_the_way(descriptor)
    os.set_blocking(moved, True)
    if descriptor == 0:
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
    else:
        os.close(descriptor)
    return moved


def map_ledger(descriptor):
    ledger = memoryview(mmap.mmap(descriptor, LEDGER_SIZE)).cast("Q")
    os.close(descriptor)
    return ledger


def die_with_server(life):
    """Has the system end this process with the server, whatever the application is at then."""
    if not sys.platform.startswith("linux"):
        return
    fcntl.fcntl(life, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(life, F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(life, fcntl.F_SETFL, fcntl.fcntl(life, fcntl.F_GETFL) | os.O_ASYNC)


def redirect_output():
    """Sends standard output the way of standard error, so that the order of lines is kept.

    Returns a descriptor of our own for it, which the application does not know to close.
    """
    errors = out_of_the_way(2)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)
    return errors


def dump_stacks_to(errors):
    """Has crashes, and a signal that applications do not use, print the Python stacks."""
    faulthandler.enable(errors, all_threads=True)
    number = int(signal.SIGRTMAX) - 2 if hasattr(signal, "SIGRTMAX") else int(signal.SIGUSR2)
    faulthandler.register(number, errors, all_threads=True)
    return number


def ignore_terminate():
    """The server says when to stop: service managers signal every process of a service at once."""
    worker = os.getpid()

    def on_terminate(number, _frame):
        if os.getpid() != worker:
            # A child of the application's, which inherited this handler.
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, on_terminate)


def check_marshal():
    """The server writes short strings in marshal's form for ASCII, which reads any Latin-1."""
    if loads(b"z\x01\xe9") != "\xe9":
        sys.stderr.write(f"wizgi does not know how {sys.version} reads marshal data\n")
        sys.exit(3)
