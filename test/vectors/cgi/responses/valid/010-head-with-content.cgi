A: b

hello