"""What every version of Python has to do alike: one path for each part of the contract."""
import hashlib
import json
import os
import sys
import sysconfig
import threading
import time
from urllib.parse import parse_qs
from wsgiref.validate import validator

TEXT = ('Content-Type', 'text/plain; charset=utf-8')
JSON = ('Content-Type', 'application/json')


def hello(environ, start_response):
    start_response('200 OK', [TEXT])
    return ['Hello, {}!'.format(environ['QUERY_STRING']).encode()]


def form(environ, start_response):
    content = environ['wsgi.input'].read(int(environ['CONTENT_LENGTH']))
    start_response('200 OK', [JSON])
    return [json.dumps(parse_qs(content.decode('ascii'))).encode()]


released = threading.Event()


def stream(environ, start_response):
    """Holds its second block back until another request asks for `/release`."""
    start_response('200 OK', [TEXT])
    yield b'first '
    released.wait(10)
    released.clear()
    yield b'second'


def release(environ, start_response):
    released.set()
    start_response('204 No Content', [])
    return []


def file(environ, start_response):
    start_response('200 OK', [TEXT, ('Content-Length', str(os.path.getsize(__file__)))])
    return environ['wsgi.file_wrapper'](open(__file__, 'rb'))


def write(environ, start_response):
    write = start_response('200 OK', [TEXT])
    write(b'written, ')
    write(b'written, ')
    return [b'returned']


def exc_info(environ, start_response):
    start_response('200 OK', [TEXT, ('X-Mood', 'good')])
    try:
        raise LookupError('the treasure')
    except LookupError:
        start_response('503 Lost', [TEXT], sys.exc_info())
    return [b'It was lost.']


def broken(environ, start_response):
    start_response('200 OK', [TEXT])
    yield b'much ' * 20000
    raise LookupError('the rest')


def upload(environ, start_response):
    """Reads as many bytes at a time as the query says."""
    digest, size = hashlib.sha256(), 0
    step = int(environ['QUERY_STRING'])
    while True:
        block = environ['wsgi.input'].read(step)
        if not block:
            break
        digest.update(block)
        size += len(block)
    start_response('200 OK', [JSON])
    return [json.dumps({'bytes': size, 'sha256': digest.hexdigest()}).encode()]


meeting = threading.Barrier(4)


def meet(environ, start_response):
    """Answers only when four requests are in here at the same time."""
    meeting.wait(10)
    start_response('200 OK', [TEXT])
    return [str(threading.get_ident()).encode()]


inside = []


def alone(environ, start_response):
    """How many requests of this process are in here at the same time."""
    inside.append(None)
    time.sleep(0.02)
    answer = {'pid': os.getpid(), 'inside': len(inside)}
    inside.pop()
    start_response('200 OK', [JSON])
    return [json.dumps(answer).encode()]


def facts(environ, start_response):
    start_response('200 OK', [JSON])
    return [json.dumps({
        'multithread': environ['wsgi.multithread'],
        'multiprocess': environ['wsgi.multiprocess'],
        'run_once': environ['wsgi.run_once'],
        'version': '%d.%d' % sys.version_info[:2],
        'build': 'free-threaded' if sysconfig.get_config_var('Py_GIL_DISABLED') else 'default',
        'gil': getattr(sys, '_is_gil_enabled', lambda: True)(),
    }).encode()]


def nothing(environ, start_response):
    start_response('404 Not Found', [TEXT])
    return [b'There is nothing here.']


pages = {
    '/hello': hello, '/form': form, '/stream': stream, '/release': release, '/file': file,
    '/write': write, '/exc-info': exc_info, '/broken': broken, '/upload': upload, '/meet': meet,
    '/alone': alone, '/facts': facts,
}


def application(environ, start_response):
    return pages.get(environ['PATH_INFO'], nothing)(environ, start_response)


validated = validator(application)
