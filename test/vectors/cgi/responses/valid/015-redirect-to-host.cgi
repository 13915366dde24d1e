Location: //evil.example/

