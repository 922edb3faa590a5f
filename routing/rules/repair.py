"""Guesses at the override header that was meant.

Every guess is a whole field, changes as little as it can and is checked to parse before it is
shown. Nothing is applied by itself: a person presses the button or copies the line.
"""

import re

from http_sfv.item import InnerList

from routing.rules.locate import Member, scan
from routing.rules.override import member_of, parse, type_name

#: Longer fields get no guess: nobody typed them, and guessing must stay cheap.
LONGEST_FIELD = 4_000

# Quotes as people's editors and chat programs make them, in UTF-8 and in Windows-1252, read as
# latin-1.
_QUOTE = r"""(?:\\?["'`]|â\x80[\x98-\x9f]|[\x91-\x94])"""
_ID = r"[A-Za-z0-9_-]{1,64}"
_PASTED_NAME = re.compile(r"\A\s*cloudflare-workers-version-overrides\s*:\s*", re.IGNORECASE)
_LIKE_A_MEMBER = re.compile(
    rf"[{{\s]*{_QUOTE}*(?P<key>[A-Za-z0-9_.*-]+){_QUOTE}*"
    rf"[\s=:>]+{_QUOTE}*(?P<id>{_ID}){_QUOTE}*[}}\s]*(?P<rest>;.*)?"
)
_LIKE_AN_ID = re.compile(rf"\s*{_QUOTE}*(?P<id>[0-9A-Fa-f][0-9A-Fa-f-]{{7,63}}){_QUOTE}*\s*")


def mend(field: str, worker: str) -> str | None:
    """A field that does not parse, mended: quotes around ids, "=" for ":", keys in lower case.

    None when any part of it resists; half a field would be no field.
    """
    if len(field) > LONGEST_FIELD:
        return None
    pieces = [piece for piece in _PASTED_NAME.sub("", field, count=1).split(",") if piece.strip()]
    mended = [_mend_member(piece.strip(), worker) for piece in pieces]
    return _checked(", ".join(piece or "?" for piece in mended))


def quote(field: str, worker: str) -> str | None:
    """The member of `worker` with its value as a String, where the value names something."""
    member = _member(field, worker)
    text = _named(field, worker, member) if member else None
    return _with_value(field, member, text) if member and text else None


def with_id(field: str, worker: str, version_id: str) -> str | None:
    """The field with this id for `worker`."""
    member = _member(field, worker)
    return _with_value(field, member, version_id) if member else None


def with_key(field: str, key: str, new_key: str) -> str | None:
    """The field with the member of `key` addressed to `new_key`."""
    member = _member(field, key)
    if member is None:
        return None
    return _checked(field[: member.start] + new_key + field[member.start + len(key) :])


def _member(field: str, key: str) -> Member | None:
    """The member that counts: of several with one key, the last."""
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


def _mend_member(piece: str, worker: str) -> str | None:
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
