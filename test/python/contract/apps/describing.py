"""What the server tells of a request, and whether what is done to it harms later ones."""
import json


def application(environ, start_response):
    """Answers with the environ: keys with type and value, or their representation."""
    described = {
        key: [type(value).__name__, value if isinstance(value, (str, bool)) else repr(value)]
        for key, value in environ.items()
    }
    described["type(environ)"] = type(environ).__name__
    described["type(keys)"] = sorted({type(key).__name__ for key in environ})
    ruin(environ)
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(described).encode()]


def ruin(environ):
    """All that may be done to a dict that is one's own. (PEP 3333, Specification Details)"""
    environ["added"] = "left over"
    environ["wsgi.multithread"] = "changed"
    environ["wsgi.errors"].close()
    environ["wsgi.input"].read()
    del environ["REQUEST_METHOD"]
    environ["PATH_INFO"] = 7
    if environ["QUERY_STRING"] == "clear":
        environ.clear()
