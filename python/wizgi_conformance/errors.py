"""`/errors`: writes to wsgi.errors in every way."""
from .answers import answer_json


def write_errors(environ, start_response, query, entry):
    errors = environ["wsgi.errors"]
    works_by_name = {
        "write": works(lambda: errors.write("conformance kit: write\n")),
        "writelines": works(lambda: errors.writelines(["conformance kit: ", "writelines\n"])),
        "flush": works(lambda: errors.flush()),
        "unicode": works(lambda: errors.write("conformance kit: \u20ac \U0001f600\n")),
    }
    return answer_json(start_response, works_by_name)


def works(act):
    try:
        act()
    except Exception:
        return False
    return True
