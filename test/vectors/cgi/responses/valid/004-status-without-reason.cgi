Status: 200

