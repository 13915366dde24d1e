"""What CPython's own wsgiref makes of applications: requests come as JSON, answers go as JSON."""
import io
import json
import sys
from base64 import b64decode, b64encode
from wsgiref.handlers import SimpleHandler


class Handler(SimpleHandler):
    def log_exception(self, exc_info):
        """Errors are expected."""


def copying(application):
    """wsgiref adds to the list of headers, which the application may use again."""

    def with_copies(environ, start_response):
        def start(status, headers, exc_info=None):
            return start_response(status, list(headers), exc_info)

        return application(environ, start)

    return with_copies


def answer(application, method, target, body):
    path, _, query = target.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(body)),
    }
    output = io.BytesIO()
    Handler(io.BytesIO(body), output, sys.stderr, environ).run(copying(application))
    return b64encode(output.getvalue()).decode()


def main():
    sys.path.insert(0, sys.argv[1])
    from applications import application

    # What applications print must not get between.
    output, sys.stdout = sys.stdout, sys.stderr
    requests = json.load(sys.stdin)
    answers = [answer(application, *rest, b64decode(body)) for *rest, body in requests]
    json.dump(answers, output)


main()
