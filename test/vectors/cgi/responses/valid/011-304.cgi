Status: 304 Not Modified
Content-Length: 5

