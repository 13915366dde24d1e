Status: 200 OK
A: b


