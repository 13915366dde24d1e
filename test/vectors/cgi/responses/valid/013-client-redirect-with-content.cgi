Location: http://a.example/b
Status: 301 Moved Permanently

moved