Location: http://a.example/b

