"""Entry of a worker process: started by wizgi's server as `python wizgi_worker`."""
import os
import sys

if sys.version_info < (3, 9):
    # In the words of any Python 3, as this very file must still be read by an old one.
    sys.stderr.write(
        "wizgi needs Python 3.9 or newer; %s is %d.%d\n"
        % ((sys.executable,) + tuple(sys.version_info[:2]))
    )
    sys.exit(3)

# The application must not find our modules where it looks for its own.
sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
from wizgi_worker import boot  # noqa: E402

del sys.path[0]
boot.main()
