"""The same site for those who name a file, as mod_wsgi does; the module is mysite.wsgi."""
from mysite.wsgi import application  # noqa: F401
