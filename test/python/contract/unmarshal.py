"""Reads frames as a worker does, and prints what was in them: exact types and values, as JSON."""
import json
import sys
from marshal import loads


def described(value):
    kind = type(value).__name__
    if kind == "bytes":
        return [kind, value.hex()]
    if kind in ("tuple", "list"):
        return [kind, [described(item) for item in value]]
    if kind == "dict":
        return [kind, [[described(key), described(item)] for key, item in value.items()]]
    return [kind, value]


def frames(data):
    while data:
        end = 4 + int.from_bytes(data[:4], "little")
        assert end <= len(data), "a frame is cut short"
        yield loads(data[4:end])
        data = data[end:]


print(json.dumps([described(batch) for batch in frames(sys.stdin.buffer.read())]))
