"""Applications that keep and break PEP 3333's rules: `/module/function/key` is one of them."""
import importlib
import json
import os

import events


def application(environ, start_response):
    module, name = environ["PATH_INFO"][1:].split("/")[:2]
    return getattr(importlib.import_module(module), name)(environ, start_response)


def seen(environ, start_response):
    """What an application recorded, as JSON, and which process this is."""
    start_response("200 OK", [("Content-Type", "application/json")])
    recorded = events.recorded.get(events.key(environ), [])
    return [json.dumps([os.getpid(), recorded]).encode()]
