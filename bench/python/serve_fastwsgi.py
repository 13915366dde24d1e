"""FastWSGI, whose command takes no workers: serve_fastwsgi.py MODULE:NAME PORT WORKERS"""
import importlib
import sys

import fastwsgi

target, port, workers = sys.argv[1:]
module, name = target.split(':')
application = getattr(importlib.import_module(module), name)

fastwsgi.run(application, '127.0.0.1', int(port), loglevel=0, workers=int(workers))
