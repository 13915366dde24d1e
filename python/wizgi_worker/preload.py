"""Loads the application once and forks workers from there, which share its memory."""
import os
import select
import signal
import socket
import sys

from . import boot, messages
from .channel import read_batch, write_all


def run(channel):
    """Forks workers as the server asks for them, and tells how they ended; returns in each of them.

    Gives the worker's channel, ledger and output.
    """
    wake_up = watch_children()
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    poll.register(wake_up, select.POLLIN)
    boot.send(channel, messages.READY, f"{sys.version.split()[0]}\n0".encode())
    children = set()
    stopping = False
    while children or not stopping:
        for descriptor, _event in poll.poll():
            if descriptor == wake_up:
                os.read(wake_up, 4096)
                reap(children, channel)
                continue
            for operation, number, argument in read_batch(channel):
                if operation == messages.STOP:
                    stopping = True
                    continue
                sys.stdout.flush()
                sys.stderr.flush()
                pid = os.fork()
                if pid == 0:
                    os.close(channel)
                    os.close(wake_up)
                    return settle_child(argument)
                children.add(pid)
                tell(channel, messages.FORKED, number, pid)
    os._exit(0)


def watch_children():
    """Gives a descriptor that can be read when a child has ended."""
    reading, writing = os.pipe()
    for descriptor in (reading, writing):
        os.set_inheritable(descriptor, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return reading


def reap(children, channel):
    for pid in list(children):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            children.discard(pid)
            code = os.waitstatus_to_exitcode(status)
            tell(channel, messages.EXITED, pid, code if code >= 0 else 256 - code)


def tell(channel, kind, first, second):
    write_all(channel, messages.FRAME.pack(kind, first, second, 0))


def settle_child(folder):
    """Takes up the connections to the server that a worker has from its start."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ledger = boot.map_ledger(os.open(os.path.join(folder, "ledger"), os.O_RDWR))
    # The server tells them apart by their order; with the last, it clears the folder away.
    channel, output, life = (connect(os.path.join(folder, "socket")) for _ in range(3))
    os.dup2(output, 2)
    os.close(output)
    boot.die_with_server(life)
    errors = boot.redirect_output()
    return channel, ledger, errors


def connect(path):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(path)
    return boot.take_over(connection.detach())
