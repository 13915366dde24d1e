"""bjoern, whose documentation starts it from Python: serve_bjoern.py MODULE:NAME PORT WORKERS"""
import importlib
import os
import sys

import bjoern

target, port, workers = sys.argv[1:]
module, name = target.split(':')
application = getattr(importlib.import_module(module), name)

bjoern.listen(application, '127.0.0.1', int(port))
for _ in range(int(workers) - 1):
    if os.fork() == 0:
        break
bjoern.run()
