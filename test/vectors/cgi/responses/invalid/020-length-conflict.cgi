Content-Length: 5
Content-Length: 6

hello