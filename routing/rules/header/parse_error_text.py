"""The likely mistake at the index where a field stops parsing."""

import re

from routing.rules.header.fields import character_at
from routing.rules.problem import Fact, Kind

_KEY_BEFORE = re.compile(r"[ \t]*[a-z0-9_.*-]*[ \t]*")
_NUMBER_BEFORE = re.compile(r"=(-?[0-9][0-9.]{0,19})$")
#: The header's name, pasted together with its value.
PASTED_NAME = re.compile(r"\s*[\"']?cloudflare-workers-version-overrides[\"']?\s*:\s*", re.I)
#: What editors, chat programs and word processors turn a plain quote into.
ODD_QUOTES = "'`´‘’‚‛“”„‟«»‹›′″\uff02\uff07\x91\x92\x93\x94"

Cause = tuple[Kind, dict[str, Fact]]


def cause(field: str, position: int) -> Cause:
    """The kind and its facts. `position` is where `spans.scan` stopped."""
    if PASTED_NAME.match(field):
        return Kind.header_name, {}
    member = field[field.rfind(",", 0, position) + 1 : position]
    if position >= len(field):
        return _cause_at_end(member), {}
    char = character_at(field, position)
    if number := _NUMBER_BEFORE.search(member):
        return Kind.number_unquoted, {"number": number[1], "char": char}
    if char in ODD_QUOTES and not _in_string(member):
        return Kind.odd_quote, {"char": char}
    if _KEY_BEFORE.fullmatch(member):
        return _cause_in_key(char, member.strip(" \t"))
    if _in_string(member):
        return Kind.in_string, {"char": char}
    if member.rstrip(" \t").endswith('"'):
        return Kind.comma_missing, {}
    if char == " " and member.endswith("="):
        return Kind.space_at_equals, {}
    return Kind.unexpected, {"char": char}


def _in_string(member: str) -> bool:
    return (member.count('"') - member.count('\\"')) % 2 == 1


def _cause_at_end(member: str) -> Kind:
    if _in_string(member):
        return Kind.quote_open
    if member.endswith("="):
        return Kind.id_missing
    return Kind.ends_early if member.strip(" \t") else Kind.member_missing


def _cause_in_key(char: str, key: str) -> Cause:
    if char.isascii() and char.isupper():
        return Kind.upper_case, {}
    if not key:
        return Kind.key_missing, {"char": char}
    if char == ":":
        return Kind.colon, {}
    if char == "=":
        return Kind.space_at_equals, {}
    return Kind.unexpected, {"char": char}
