"""Chooses by the path what is done with a request."""
import uuid

from .answers import answer_json
from .content import digest, echo, operate_input, unread
from .environ import dump_environ, mutate_environ, reconstruct_url
from .errors import write_errors
from .files import wrap_file
from .gate import gate_of
from .ledger import entry_of
from .program import run_program
from .query import Query

VERSION = 1

BEHAVIOURS = {
    "do": run_program,
    "environ": dump_environ,
    "mutate": mutate_environ,
    "url": reconstruct_url,
    "input": operate_input,
    "echo": echo,
    "digest": digest,
    "unread": unread,
    "errors": write_errors,
    "file": wrap_file,
}

# Tells this process, with its memory, from others. Made late, as servers fork after loading.
instances = []


def application(environ, start_response):
    query = Query(environ.get("QUERY_STRING", ""))
    key = query.get("k")
    name = (environ.get("PATH_INFO", "").split("/") + [""])[1]
    if name == "":
        return describe(environ, start_response)
    if name == "ledger":
        return answer_json(start_response, entry_of(key).report())
    if name == "gate":
        return answer_json(start_response, {"opened": gate_of(key or "").open()})
    entry = entry_of(key)
    entry.note("call")
    behaviour = BEHAVIOURS.get(name)
    if behaviour is not None:
        return behaviour(environ, start_response, query, entry)
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b"the conformance kit has no such path"]


def describe(environ, start_response):
    """`/`: says that the kit is served here, and by what kind of server."""
    if not instances:
        instances.append(uuid.uuid4().hex)
    description = {
        "kit": "wizgi-conformance",
        "version": VERSION,
        "language": "python",
        "instance": instances[0],
        "protocol": environ.get("SERVER_PROTOCOL"),
        "software": environ.get("SERVER_SOFTWARE"),
        "multithread": bool(environ.get("wsgi.multithread")),
        "multiprocess": bool(environ.get("wsgi.multiprocess")),
        "run_once": bool(environ.get("wsgi.run_once")),
        "file_wrapper": "wsgi.file_wrapper" in environ,
        "input_terminated": bool(environ.get("wsgi.input_terminated")),
    }
    return answer_json(start_response, description)
