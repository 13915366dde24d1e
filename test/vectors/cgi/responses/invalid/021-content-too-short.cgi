Content-Length: 10

hello