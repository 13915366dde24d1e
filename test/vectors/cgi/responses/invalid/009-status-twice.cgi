Status: 200 OK
Status: 404 Not Found

