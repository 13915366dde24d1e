"""Entries, a session and a file, with Pyramid."""
import os

from pyramid.config import Configurator
from pyramid.csrf import new_csrf_token
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import FileResponse, Response
from pyramid.session import SignedCookieSessionFactory
from pyramid.view import view_config

HERE = os.path.dirname(os.path.abspath(__file__))


@view_config(route_name='index', request_method='GET', renderer='json')
def index(request):
    session = request.session
    session['visits'] = session.get('visits', 0) + 1
    return {
        'csrf_token': session.get_csrf_token(),
        'messages': session.pop_flash(),
        'visits': session['visits'],
    }


@view_config(route_name='index', request_method='POST', require_csrf=True)
def sign(request):
    """Takes a name and a picture from a form."""
    picture = request.POST['picture']
    size = picture.file.seek(0, os.SEEK_END)
    request.session.flash(f"{request.POST['name']} signed with {picture.filename}, {size} bytes")
    new_csrf_token(request)
    return HTTPSeeOther(request.route_url('index'))


@view_config(route_name='hello')
def hello(request):
    greeting = request.params.get('greeting', 'Hello')
    response = Response(f"{greeting}, {request.matchdict['name']}!", content_type='text/plain')
    response.set_cookie('name', 'greeted')
    response.set_cookie('greeting', 'said', httponly=True)
    return response


@view_config(route_name='countdown')
def countdown(request):
    numbers = range(int(request.matchdict['start']), 0, -1)
    return Response(
        app_iter=(f'{number}\n'.encode() for number in numbers), content_type='text/plain'
    )


@view_config(route_name='source')
def source(request):
    return FileResponse(os.path.join(HERE, 'guestbook.py'), request, content_type='text/x-python')


def main(global_config, **settings):
    """What PasteDeploy calls with the settings of the section."""
    with Configurator(settings=settings) as config:
        config.set_session_factory(SignedCookieSessionFactory(settings['guestbook.secret']))
        config.add_route('index', '/')
        config.add_route('hello', '/hello/{name}')
        config.add_route('countdown', '/countdown/{start}')
        config.add_route('source', '/source')
        config.scan(__name__)
        return config.make_wsgi_app()
