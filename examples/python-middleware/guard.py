"""HTTP Basic authentication for whatever application is inside. (RFC 7617)"""
import base64
import binascii
import hmac

USERS = {"alice": "only for an example"}


class Guard:
    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        user = authenticated(environ.get("HTTP_AUTHORIZATION", ""))
        if user is None:
            headers = [
                ("Content-Type", "text/plain; charset=utf-8"),
                ("WWW-Authenticate", 'Basic realm="example", charset="UTF-8"'),
            ]
            start_response("401 Unauthorized", headers)
            return [b"Try alice, with the password that guard.py has for her.\n"]
        environ["REMOTE_USER"] = user
        return self.app(environ, start_response)


def authenticated(authorization):
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(credentials).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    known = hmac.compare_digest(USERS.get(user, "").encode(), password.encode())
    return user if known and user in USERS else None
