"""The pairs of a query string, in order."""
import re


class Query:
    """`%41` is decoded to an octet, `+` is a plus sign."""

    def __init__(self, text):
        self.pairs = []
        for part in text.split("&"):
            if part:
                name, _, value = part.partition("=")
                self.pairs.append((unquote(name), unquote(value)))

    def get(self, name, otherwise=None):
        """The first value of that name."""
        return next((value for given, value in self.pairs if given == name), otherwise)

    def all(self, name):
        return [value for given, value in self.pairs if given == name]


def unquote(text):
    return re.sub("%([0-9A-Fa-f]{2})", lambda match: chr(int(match.group(1), 16)), text)
