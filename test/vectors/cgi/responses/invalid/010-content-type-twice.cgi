Content-Type: a/b
Content-Type: a/c

