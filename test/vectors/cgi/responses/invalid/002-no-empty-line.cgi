Content-Type: text/plain
