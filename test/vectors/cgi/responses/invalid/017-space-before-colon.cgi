A : b

