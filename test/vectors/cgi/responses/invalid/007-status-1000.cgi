Status: 1000 x

