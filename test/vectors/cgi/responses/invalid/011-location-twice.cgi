Location: /a
Location: /a

