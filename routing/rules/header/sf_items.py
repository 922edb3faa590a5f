"""Where one bare item ends: a String, a Token, a number … (RFC 9651, 4.2.3.1).

Part of the walk in spans.py. Numbers and Dates have many limits, so http_sfv checks them.
"""

import codecs
import re

from http_sfv.item import parse_bare_item

_STRING = re.compile(r'"(?:[ !#-\[\]-~]|\\["\\])*')
_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9:/!#$%&'*+.^_`|~-]*")
_BASE64 = re.compile(r":[A-Za-z0-9+/=]*")
_NUMBER = re.compile(r"@?-?[0-9]*\.?[0-9]*")
_UNESCAPED = re.compile(r"[ !#$&-~]*")  # in a Display String, where "%" and the quote are special
_LONGEST_NUMBER = 20  # "@-" and some digits more than any number may have


class Stopped(Exception):
    """At the index of the first character that makes the field invalid."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


def skip(pattern: re.Pattern[str], field: str, index: int) -> int:
    """The end of the match of `pattern` at `index`; `index` itself if there is none."""
    found = pattern.match(field, index)
    return found.end() if found else index


def expect(allowed: str, field: str, index: int) -> None:
    """Raises Stopped unless one of the `allowed` characters is at `index`."""
    if index == len(field) or field[index] not in allowed:
        raise Stopped(index)


def bare_item(field: str, index: int) -> int:
    """The end of the bare item that starts at `index`. Raises Stopped if there is none."""
    match field[index : index + 1]:
        case '"':
            return _string(field, index)
        case ":":
            return _byte_sequence(field, index)
        case "?":
            expect("01", field, index + 1)
            return index + 2
        case "%":
            return _display_string(field, index)
        case first if first and first in "@-0123456789":
            return _number(field, index)
    end = skip(_TOKEN, field, index)
    if end == index:
        raise Stopped(index)
    return end


def _string(field: str, index: int) -> int:
    end = skip(_STRING, field, index)
    if field.startswith("\\", end):
        raise Stopped(end + 1)  # what follows a backslash is wrong, not the backslash
    expect('"', field, end)
    return end + 1


def _byte_sequence(field: str, index: int) -> int:
    end = skip(_BASE64, field, index)
    expect(":", field, end)
    if not _accepted(field[index : end + 1]):
        raise Stopped(end)  # more base64 could have filled the last group
    return end + 1


def _number(field: str, index: int) -> int:
    """Integers, Decimals and Dates: the longest start that http_sfv accepts."""
    text = field[index : min(skip(_NUMBER, field, index), index + _LONGEST_NUMBER)]
    sign = len(text) - len(text.lstrip("@-"))
    if len(text) == sign:
        raise Stopped(index + sign)
    for length in range(sign + 1, len(text) + 1):
        if not _accepted(text[:length]):
            raise Stopped(index + length - 1)
    end = index + len(text)
    if end < len(field) and not _accepted(text + ","):
        raise Stopped(end)  # http_sfv allows one digit more at the very end of a field
    return end


def _accepted(item: str) -> bool:
    try:
        parse_bare_item(item.encode("latin-1"))
    except (ValueError, IndexError, OverflowError, OSError):
        return False
    return True


def _display_string(field: str, index: int) -> int:
    """`%"` … `"` with percent-encoded UTF-8 (RFC 9651, 4.2.10)."""
    expect('"', field, index + 1)
    utf8 = codecs.getincrementaldecoder("utf-8")()
    index += 2
    while True:
        end = skip(_UNESCAPED, field, index)
        if end > index:
            _feed(utf8, field[index], index)
        expect('%"', field, end)
        if field[end] == '"':
            _feed(utf8, "", end, final=True)
            return end + 1
        index = _escape(utf8, field, end)


def _escape(utf8: codecs.IncrementalDecoder, field: str, index: int) -> int:
    pair = field[index + 1 : index + 3]
    for length in range(1, 3):
        if length > len(pair):
            raise Stopped(len(field))
        if _octet(pair[:length].ljust(2, "0")) is None:
            raise Stopped(index + length)
    _feed(utf8, chr(_octet(pair) or 0), index + 2)
    return index + 3


def _octet(pair: str) -> int | None:
    """Two lower-case hex digits as a number; http_sfv's int() takes " f" and "+f" as well."""
    try:
        number = int(pair.encode("latin-1"), base=16)
    except ValueError:
        return None
    return number if 0 <= number <= 255 and pair == pair.lower() else None


def _feed(utf8: codecs.IncrementalDecoder, octet: str, index: int, final: bool = False) -> None:
    try:
        utf8.decode(octet.encode("latin-1"), final)
    except UnicodeDecodeError:
        raise Stopped(index) from None
