"""Mercurial repositories, to look at and to clone from: `wizgi serve hgweb.wsgi`.

Which repositories there are, and who may push to them, is in hgweb.config beside this file.
"""
from mercurial.hgweb import hgweb

application = hgweb(b'hgweb.config')
