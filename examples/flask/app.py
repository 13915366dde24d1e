"""Sessions, uploads, files and a streamed answer, with Flask."""
import hashlib
import os

from flask import (
    Flask, flash, make_response, redirect, render_template, request, session, stream_with_context,
    url_for,
)

app = Flask(__name__)
app.config.update(
    SECRET_KEY=os.environ.get('FLASK_SECRET_KEY', 'only-for-an-example'),
    MAX_CONTENT_LENGTH=32 * 1024 * 1024,
)


@app.get('/')
def index():
    session['visits'] = session.get('visits', 0) + 1
    return render_template('index.html', visits=session['visits'])


@app.post('/upload')
def upload():
    """Receives a file, and shows its size and digest on the next page."""
    file = request.files['file']
    size = 0
    sha256 = hashlib.sha256()
    while block := file.stream.read(64 * 1024):
        size += len(block)
        sha256.update(block)
    flash(f'{file.filename}: {size} bytes, sha256 {sha256.hexdigest()}')
    return redirect(url_for('index'), 303)


@app.get('/hello/<name>')
def hello(name):
    greeting = request.args.get('greeting', 'Hello')
    response = make_response(f'{greeting}, {name}!')
    response.set_cookie('name', 'greeted')
    response.set_cookie('greeting', 'said', httponly=True)
    return response


@app.get('/countdown/<int:start>')
def countdown(start):
    """Counts down line by line; the request can still be asked while it does."""
    def lines():
        for number in range(start, 0, -1):
            yield f'{number}\n'
        yield f'{request.method} has lift-off!\n'

    return app.response_class(stream_with_context(lines()), mimetype='text/plain')


@app.post('/api/sum')
def add():
    return {'sum': sum(request.get_json()['numbers'])}
