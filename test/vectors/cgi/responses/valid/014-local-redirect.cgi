Location: /b?c=d

