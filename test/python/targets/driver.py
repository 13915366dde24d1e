"""Loads a target as a worker does, sends it a request and prints what came of it as JSON.

Arguments: the directory of the worker's package, the target, entries of pythonpath.
"""
import json
import os
import sys

sys.path[0] = sys.argv[1]
from wizgi_worker import target  # noqa: E402

del sys.path[0]


def outcome(spec, pythonpath):
    try:
        app = target.load(spec, os.getcwd(), pythonpath)
        body = b"".join(app({"PATH_INFO": "/"}, lambda status, headers, exc_info=None: None))
        return {"body": body.decode()}
    except target.TargetError as error:
        return {"error": str(error)}
    except BaseException as error:
        return {"raised": f"{type(error).__name__}: {error}"}


result = outcome(sys.argv[2], sys.argv[3:])
print(json.dumps({**result, "watched": target.watched_files()}))
