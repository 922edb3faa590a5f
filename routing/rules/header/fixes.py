"""Suggested corrections of the override header.

Each is a whole field that differs as little as possible and was checked to parse. Nothing is
applied automatically.
"""

import re

from http_sfv.item import InnerList

from routing.rules.header.fields import as_sent
from routing.rules.header.parse_error_text import ODD_QUOTES, PASTED_NAME
from routing.rules.header.spans import Member, Parameter, scan
from routing.rules.override import member_of, parse, type_name

#: Longer fields were not typed by a person, and a suggestion must stay cheap.
LONGEST_FIELD = 4_000

_QUOTE = r"""(?:\\?["'`])"""
_ID = r"[A-Za-z0-9_-]{1,64}"
_LIKE_A_MEMBER = re.compile(
    rf"[{{\s]*{_QUOTE}*(?P<key>[A-Za-z0-9_.*-]+){_QUOTE}*"
    rf"[\s=:>]+{_QUOTE}*(?P<id>{_ID}){_QUOTE}*[}}\s]*(?P<rest>;.*)?"
)
_LIKE_AN_ID = re.compile(rf"\s*{_QUOTE}*(?P<id>[0-9A-Fa-f][0-9A-Fa-f-]{{7,63}}){_QUOTE}*\s*")
# A semicolon with another Worker and its id behind it, where a comma was meant.
_SEMICOLON = re.compile(
    rf";\s*(?={_QUOTE}?[A-Za-z0-9_.*-]+{_QUOTE}?\s*[=:]\s*(?:{_QUOTE}|[0-9A-Fa-f]{{8}}-))"
)

#: Characters that editors substitute → the plain ASCII.
_PLAIN = str.maketrans(
    dict.fromkeys(ODD_QUOTES.translate({ord(c): None for c in "'`\x91\x92\x93\x94"}), '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-")
    | dict.fromkeys("\u00a0\u2007\u202f\u3000", " ")
    | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff", "")
    | {"\uff1d": "=", "\uff0c": ",", "\uff1b": ";", "\uff1a": ":"}
)


def fixed_header(field: str, worker: str) -> str | None:
    """A correction of a field that does not parse: quotes around ids, "=" for ":", lower-case keys.

    None if any part cannot be corrected.
    """
    if len(field) > LONGEST_FIELD:
        return None
    text = _SEMICOLON.sub(", ", PASTED_NAME.sub("", plain(field), count=1))
    pieces = [piece for piece in text.split(",") if piece.strip()]
    mended = [_fixed_member(piece.strip(), worker) for piece in pieces]
    return _checked(", ".join(piece or "?" for piece in mended))


def plain(field: str) -> str:
    """The field with curly quotes, long dashes and invisible characters as plain ASCII."""
    octets = field.encode("latin-1")
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        text = octets.decode("cp1252", "replace")
    return as_sent(text.translate(_PLAIN))


def quote(field: str, worker: str) -> str | None:
    """The member of `worker` with its value as a String, where the value names something."""
    member = member_at(field, worker)
    text = _named(field, worker, member) if member else None
    return _with_value(field, member, text) if member and text else None


def with_id(field: str, worker: str, version_id: str) -> str | None:
    """The field with this id for `worker`."""
    member = member_at(field, worker)
    return _with_value(field, member, version_id) if member else None


def with_key(field: str, key: str, new_key: str) -> str | None:
    """The field with the member of `key` addressed to `new_key`."""
    member = member_at(field, key)
    if member is None:
        return None
    return _checked(field[: member.start] + new_key + field[member.start + len(key) :])


def with_commas(field: str, parameters: list[Parameter]) -> str | None:
    """The field with these parameters as members, quotes added."""
    if len(field) > LONGEST_FIELD:
        return None
    for parameter in reversed(parameters):
        value = field[parameter.value : parameter.stop]
        if not value.startswith('"'):
            if not re.fullmatch(_ID, value):
                return None
            value = f'"{value}"'
        field = f"{field[: parameter.start]}, {parameter.key}={value}{field[parameter.stop :]}"
    return _checked(field)


def member_at(field: str, key: str) -> Member | None:
    """The member of `key` with its indices; the last one if there are several."""
    if len(field) > LONGEST_FIELD:
        return None
    return next((m for m in reversed(scan(field).members) if m.key == key), None)


def _with_value(field: str, member: Member, text: str) -> str | None:
    before = field[: member.start + len(member.key)]
    return _checked(f'{before}="{text}"{field[member.stop :]}')


def _named(field: str, worker: str, member: Member) -> str | None:
    """The id inside a value that is not a String: a Token, a number, a list of one."""
    value = member_of(field, worker)
    if isinstance(value, InnerList):
        text = str(value[0].value) if len(value) == 1 else ""
    elif value is not None and type_name(value) == "Display String":
        text = str(value.value)
    else:
        text = field[member.value : member.stop]
    return text if re.fullmatch(_ID, text) else None


def _fixed_member(piece: str, worker: str) -> str | None:
    parsed = parse(piece)
    if parsed is not None and (worker not in parsed or type_name(parsed[worker]) == "String"):
        return piece
    if found := _LIKE_A_MEMBER.fullmatch(piece):
        return f'{found["key"].lower()}="{found["id"]}"{found["rest"] or ""}'
    if found := _LIKE_AN_ID.fullmatch(piece):
        return f'{worker}="{found["id"]}"'
    return None


def _checked(field: str) -> str | None:
    return field if parse(field) is not None else None
