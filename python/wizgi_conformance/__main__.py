"""Serves the kit by wsgiref: python -m wizgi_conformance [PORT]."""
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server

from . import application


class ThreadingServer(ThreadingMixIn, WSGIServer):
    """A thread for each request, so that one can wait for another."""

    daemon_threads = True


def threaded(environ, start_response):
    """wsgiref's server says of itself that it has one thread."""
    environ["wsgi.multithread"] = True
    return application(environ, start_response)


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    with make_server("127.0.0.1", port, threaded, server_class=ThreadingServer) as server:
        print("http://127.0.0.1:%d" % server.server_port, flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass


main()
