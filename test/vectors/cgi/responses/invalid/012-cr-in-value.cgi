X: aY: b

