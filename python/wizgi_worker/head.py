"""Checks and encodes what an application gives to start_response."""
import re

# The server's own limit, in bytes.
MOST = 1024 * 1024

PLAIN = 0
CONTENT_LENGTH = 1

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
ILLEGAL_IN_VALUE = re.compile(r"[^\x20-\x7e\x80-\xff]")
STATUS = re.compile(r"[2-9][0-9][0-9] (?:[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?")

# RFC 9110 §7.6.1; RFC 2616 §13.5.1: the server's business. (PEP 3333, Other HTTP Features)
HOP_BY_HOP = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "trailers",
        "transfer-encoding",
        "upgrade",
    )
)

# Applications use the same few names and statuses again and again. The bound keeps one that invents
# them from growing the tables for ever.
MOST_KNOWN = 2048
known_names = {}
known_statuses = {}


def encode_head(status, headers):
    """Returns the head as bytes, its declared length or None, and whether it may have content.

    Raises TypeError, ValueError or AssertionError naming the offending part.
    (PEP 3333, The start_response() Callable)
    """
    try:
        has_content = known_statuses.get(status)
    except TypeError:
        has_content = None
    if has_content is None:
        has_content = check_status(status)
    if not isinstance(headers, list):
        raise TypeError(f"headers must be a list of (name, value) tuples, not {kind(headers)}")
    parts = [status]
    length = None
    for header in headers:
        # Lists do no harm. A str of two characters can be taken apart, too, but is none.
        if type(header) is not tuple and not isinstance(header, (tuple, list)):
            raise no_header(header)
        try:
            name, value = header
            special = known_names.get(name)
            plain = value.isascii() and value.isprintable()
        except (TypeError, ValueError, AttributeError):
            raise no_header(header) from None
        if special is None:
            special = check_name(name)
        if not plain:
            check_value(name, value)
        if special == CONTENT_LENGTH:
            length = check_length(value, length)
        parts.append(name)
        parts.append(value)
    head = "\n".join(parts).encode("latin-1")
    if len(head) > MOST:
        raise ValueError(f"the response head exceeds {MOST} bytes")
    return head, length, has_content


def no_header(header):
    return TypeError(f"header {header!r:.200} is not a (name, value) tuple of str")


def check_status(status):
    if not isinstance(status, str):
        raise TypeError(f"status must be str, not {kind(status)}")
    if STATUS.fullmatch(status) is None:
        raise ValueError(
            f"bad status {status!r:.200}: expected three digits (200 to 999), one space and a reason, "
            "as in '200 OK'"
        )
    has_content = status[:3] not in ("204", "205", "304")
    if len(known_statuses) >= MOST_KNOWN:
        known_statuses.clear()
    known_statuses[status] = has_content
    return has_content


def check_name(name):
    if not isinstance(name, str):
        raise TypeError(f"header name {name!r:.200} must be str, not {kind(name)}")
    if TOKEN.fullmatch(name) is None:
        raise ValueError(f"bad header name {name!r:.200}: expected an HTTP token")
    lower = name.lower()
    if lower in HOP_BY_HOP:
        raise AssertionError(
            f"header {name!r} concerns the connection, which is the server's business; leave it out"
        )
    if lower == "status":
        raise AssertionError("header 'Status' is not allowed; pass the status as first argument")
    special = CONTENT_LENGTH if lower == "content-length" else PLAIN
    if len(known_names) >= MOST_KNOWN:
        known_names.clear()
    known_names[str(name)] = special
    return special


def check_value(name, value):
    # bytes have isascii() too, but no isprintable(), and so never come here.
    if ILLEGAL_IN_VALUE.search(value) is not None:
        raise ValueError(
            f"header {name!r} has a control character or one above U+00FF in its value"
        )


def check_length(value, previous):
    text = value.strip(" ")
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise ValueError(f"bad Content-Length {value!r:.64}: expected digits")
    length = int(text)
    if previous is not None and previous != length:
        raise ValueError(f"contradictory Content-Length: {previous} and {length}")
    return length


def kind(value):
    return type(value).__name__
