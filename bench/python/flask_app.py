from flask import Flask, Response

application = Flask(__name__)


@application.get('/')
def hello():
    return Response('Hello, world!\n', content_type='text/plain; charset=utf-8')
