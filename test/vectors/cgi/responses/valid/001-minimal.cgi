Content-Type: text/plain

