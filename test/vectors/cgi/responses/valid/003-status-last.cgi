A: b
status: 201 Created

