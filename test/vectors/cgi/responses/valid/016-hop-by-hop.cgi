Transfer-Encoding: chunked
Connection: X-A
Keep-Alive: timeout=5
Upgrade: a
X-A: b

hello