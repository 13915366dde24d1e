Status: 103 Early Hints

