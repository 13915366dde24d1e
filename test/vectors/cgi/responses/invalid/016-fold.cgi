A: b
 c

