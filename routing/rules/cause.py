"""Why a field stops parsing where it does, in one sentence for people.

The sentence names the mistake that people make there, not the production of the grammar.
"""

import re

_KEY_BEFORE = re.compile(r"[ \t]*[a-z0-9_.*-]*[ \t]*")
_NUMBER_BEFORE = re.compile(r"=(-?[0-9][0-9.]{0,19})$")
_QUOTES = "'`\x91\x92\x93\x94"


def cause(field: str, position: int) -> str:
    """One sentence, with its full stop. `position` is where `locate.scan` stopped."""
    member = field[field.rfind(",", 0, position) + 1 : position]
    if position >= len(field):
        return _cause_at_end(member)
    char = field[position]
    if found := _NUMBER_BEFORE.search(member):
        return f"without quotes, {found[1]} reads as a number and {_name(char)} cannot follow."
    if _KEY_BEFORE.fullmatch(member):
        return _cause_in_key(char, member.strip(" \t"))
    if _in_string(member):
        return f"{_name(char)} cannot stand between quotes."
    if char in _QUOTES or field.startswith("\xe2\x80", position):
        return 'only the plain double quote (") quotes a value.'
    if member.rstrip(" \t").endswith('"'):
        return "a comma must stand between two Workers."
    if char == " " and member.endswith("="):
        return "no space may stand beside “=”."
    return _cannot_stand(char)


def _in_string(member: str) -> bool:
    return (member.count('"') - member.count('\\"')) % 2 == 1


def _cause_at_end(member: str) -> str:
    if _in_string(member):
        return "the closing double quote is missing."
    if member.endswith("="):
        return "a version id in double quotes must follow “=”."
    if not member.strip(" \t"):
        return "a comma must be followed by another Worker."
    return "the header ends too early."


def _cause_in_key(char: str, key: str) -> str:
    if char.isascii() and char.isupper():
        return "keys are written in lower case."
    if not key:
        return (
            f"a Worker's name must stand here; it starts with a to z or *, not with {_name(char)}."
        )
    if char == ":":
        return "between the Worker's name and the id stands “=”, not “:”."
    if char == "=":
        return "no space may stand beside “=”."
    return _cannot_stand(char)


def _cannot_stand(char: str) -> str:
    return f"{_name(char)} cannot stand here."


def _name(char: str) -> str:
    if " " < char <= "~":
        return f"“{char}”"
    return "a space" if char == " " else f"a byte of value {ord(char)}"
