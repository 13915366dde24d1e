Content-Length: 5

