Status: abc

