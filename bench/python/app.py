"""What every contestant serves, as plain WSGI. Only the server around it differs."""
import json
import os
import time

TEXT = 'text/plain; charset=utf-8'
JSON = 'application/json; charset=utf-8'
BINARY = 'application/octet-stream'

HELLO = b'Hello, world!\n'


def alphabet(length):
    return (b'abcdefghijklmnopqrstuvwxyz' * (length // 26 + 1))[:length]


BODY = alphabet(64 * 1024)
MEBIBYTE = alphabet(1024 * 1024)
BLOCK = alphabet(16 * 1024)


def answer(start_response, content_type, body):
    # With Content-Length, as frameworks send it: some servers frame no answer by themselves.
    start_response('200 OK', [('Content-Type', content_type), ('Content-Length', str(len(body)))])
    return [body]


def hello(environ, start_response):
    return answer(start_response, TEXT, HELLO)


def receipt(environ, start_response):
    """Parses an order; a small object that cannot be told without having parsed it."""
    order = json.loads(environ['wsgi.input'].read(int(environ['CONTENT_LENGTH'])))
    total = sum(line['quantity'] * line['price'] for line in order['lines'])
    small = {'id': order['id'], 'lines': len(order['lines']), 'total': total}
    return answer(start_response, JSON, json.dumps(small, separators=(',', ':')).encode())


def body(environ, start_response):
    return answer(start_response, BINARY, BODY)


def wait(environ, start_response):
    """Waits for 10 ms as for a database, then answers."""
    time.sleep(0.01)
    return answer(start_response, TEXT, HELLO)


def slow_and_fast(environ, start_response):
    """1 MiB at /slow, a small answer elsewhere."""
    if environ['PATH_INFO'] == '/slow':
        return answer(start_response, BINARY, MEBIBYTE)
    return answer(start_response, TEXT, HELLO)


def upload(environ, start_response):
    """Counts its input; at a GET, tells which process it is."""
    if environ['REQUEST_METHOD'] == 'GET':
        return process(environ, start_response)
    left = int(environ['CONTENT_LENGTH'])
    total = 0
    while left > 0:
        block = environ['wsgi.input'].read(min(left, 65536))
        if not block:
            break
        total += len(block)
        left -= len(block)
    return answer(start_response, TEXT, str(total).encode())


def download(environ, start_response):
    """Streams as many bytes as the path says; at /, tells which process it is."""
    if environ['PATH_INFO'] == '/':
        return process(environ, start_response)
    length = int(environ['PATH_INFO'][1:])
    start_response('200 OK', [('Content-Type', BINARY), ('Content-Length', str(length))])
    return (BLOCK for _ in range(length // len(BLOCK)))


def process(environ, start_response):
    """Tells the process that the application runs in."""
    return answer(start_response, TEXT, str(os.getpid()).encode())
