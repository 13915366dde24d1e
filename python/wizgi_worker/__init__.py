"""Runs a WSGI application (PEP 3333) for wizgi's server; the standard library only."""
