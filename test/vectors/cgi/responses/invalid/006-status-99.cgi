Status: 99 x

