"""Answers that show which request they are for, in every way an answer can go."""
import time

import events


def answers(environ, start_response):
    """`?token=` over and over to `?size=`, `?how=`, after `?pause=` milliseconds; content doubled."""
    token = events.parameter(environ, "token")
    how = events.parameter(environ, "how")
    size = int(events.parameter(environ, "size"))
    pause = int(events.parameter(environ, "pause")) / 1000
    content = (token.encode() * (size // len(token) + 1))[:size] + environ["wsgi.input"].read()
    if pause:
        time.sleep(pause)
    headers = [("X-Token", token)]
    if how == "error":
        raise LookupError(token)
    if how == "write":
        start_response("200 OK", headers)(content)
        return []
    if how == "lazy":
        return lazily(start_response, headers, content)
    if how == "broken":
        headers.append(("Content-Length", str(len(content) + 1)))
    start_response("200 OK", headers)
    if how == "blocks":
        return blocks(content, pause)
    if how == "file":
        import io

        return environ["wsgi.file_wrapper"](io.BytesIO(content))
    return [content]


def lazily(start_response, headers, content):
    yield b""
    start_response("200 OK", headers)
    yield content


def blocks(content, pause):
    middle = len(content) // 2
    yield content[:middle]
    time.sleep(pause)
    yield content[middle:]
