"""`/input`, `/echo`, `/digest` and `/unread`: what becomes of the content of a request."""
import zlib

from .answers import answer_json, answer_text


def operate_input(environ, start_response, query, entry):
    """Calls methods of wsgi.input and reports what each gave: `op=read:5&op=readline`."""
    results = []
    all_bytes = True
    for operation in query.all("op"):
        try:
            result = operate(environ["wsgi.input"], operation)
        except Exception:
            results.append({"raised": True})
            continue
        blocks = result if isinstance(result, list) else [result]
        all_bytes = all_bytes and all(type(block) is bytes for block in blocks)
        results.append(show(result))
    return answer_json(start_response, {"results": results, "bytes": all_bytes})


def operate(stream, operation):
    name, colon, argument = operation.partition(":")
    if name == "iterate":
        return list(stream)
    if name not in ("read", "readline", "readlines"):
        raise ValueError("wsgi.input has no " + name)
    return getattr(stream, name)(*([int(argument)] if colon else []))


def show(result):
    if isinstance(result, list):
        return [show(item) for item in result]
    return result.decode("latin-1") if isinstance(result, bytes) else str(result)


def content_of(environ):
    """The content, read as PEP 3333 has it: no further than CONTENT_LENGTH, if there is no end."""
    left = int(environ.get("CONTENT_LENGTH") or 0)
    if environ.get("wsgi.input_terminated"):
        left = float("inf")
    while left > 0:
        block = environ["wsgi.input"].read(min(8192, left))
        if not block:
            return
        left -= len(block)
        yield block


def echo(environ, start_response, query, entry):
    """Sends the content back."""
    content = list(content_of(environ))
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return content


def digest(environ, start_response, query, entry):
    """Tells the length and the Adler-32 checksum of the content. (RFC 1950 section 8.2)"""
    length, checksum = 0, 1
    for block in content_of(environ):
        length += len(block)
        checksum = zlib.adler32(block, checksum)
    return answer_json(start_response, {"length": length, "adler32": checksum})


def unread(environ, start_response, query, entry):
    """Reads nothing."""
    return answer_text(start_response, "unread")
