"""The application of wizgi's conformance kit, for every server of WSGI (PEP 3333).

Serve wizgi_conformance:application, then let `wizgi conformance URL` judge the server. The standard
library is all that it needs; docs/conformance.md says what each of its paths does.
"""
from .routes import application

__all__ = ["application"]
