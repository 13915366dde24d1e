
hello