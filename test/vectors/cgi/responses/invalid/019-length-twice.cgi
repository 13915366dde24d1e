Content-Length: 5
Content-Length: 5

hello