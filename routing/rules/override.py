"""The override header, up to the requested version id (spec, "The decision", steps 1-4).

`Cloudflare-Workers-Version-Overrides` is a Dictionary of RFC 9651, parsed by `http_sfv`. Nothing
here raises: an invalid header is an outcome, not an error.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from http_sfv.dictionary import Dictionary
from http_sfv.item import InnerList, Item
from http_sfv.types import DisplayString, Token

from routing.rules.header import plain_members
from routing.rules.header.fields import Value, octets
from routing.rules.permissions.permission import Fault
from routing.rules.problem import Problem

_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")

LONGEST_FIELD = 16_384
"""The most bytes of the combined field that are parsed; a longer field is invalid_header. Parsing
costs the edge up to 2 µs a byte, and any client can send 128 kB (spec, "The decision", step 2)."""


class Outcome(StrEnum):
    """What became of an override. The names are part of the API, the logs and the pages."""

    applied = "applied"
    absent = "absent"
    invalid_header = "invalid_header"
    not_addressed = "not_addressed"
    not_a_string = "not_a_string"
    unknown_version = "unknown_version"
    not_in_deployment = "not_in_deployment"
    not_propagated = "not_propagated"
    #: Ours: the decide service did not answer in time, and the request was routed as if the header
    #: were absent. Only the edge's log can tell; the rules never return it.
    unavailable = "unavailable"
    #: Ours: the Worker protects its overrides and the request carries no valid permission, or it
    #: came by a shared link whose permission is not valid.
    not_permitted = "not_permitted"


@dataclass(frozen=True, slots=True)
class Override:
    """The outcome of one request's override header.

    `requested` is the requested id, if there is one. `field` is the combined header. `fault` is why
    it is not permitted; None for other outcomes. `shared`: the request came from a shared link's
    cookie, not from the header.

    `advise` sets the rest: `position` is the index in `field` where parsing stops (invalid_header
    only; len(field) if it ends too early), `problem` what is wrong. An applied override can have a
    problem, too: a semicolon instead of a comma.
    """

    outcome: Outcome
    requested: str | None = None
    position: int | None = None
    problem: Problem | None = None
    field: str = field(default="", repr=False)
    fault: Fault | None = None
    shared: bool = False

    @property
    def suggestion(self) -> str | None:
        """A whole corrected header value, if one can be guessed."""
        return self.problem.fix.header if self.problem and self.problem.fix else None


@dataclass(frozen=True, slots=True)
class Reading:
    """The header for one Worker: an outcome, or (outcome None) the requested id."""

    field: str
    outcome: Outcome | None
    requested: str | None = None


def combine(lines: Sequence[Value]) -> str:
    """All lines of the header as one field (RFC 9110, 5.3), one latin-1 character per byte.

    An empty line among others leaves an empty member, which does not parse; Envoy joins in the same
    way.
    """
    return b", ".join(octets(line) for line in lines).decode("latin-1")


def too_long(lines: Sequence[Value]) -> bool:
    """Whether the field is too long to parse. Counted as Envoy joins lines, with single commas, so
    that every reader of a request decides the same."""
    return sum(len(octets(line)) for line in lines) + len(lines) - 1 > LONGEST_FIELD


def parse(combined: str) -> Dictionary | None:
    """The field as a Dictionary, or None where http_sfv refuses it (an empty field included) or
    would take too long."""
    if len(combined) > LONGEST_FIELD:
        return None
    parsed = Dictionary()
    try:
        parsed.parse(combined.encode("latin-1"))
    except ValueError:
        return None
    return parsed


def member_of(combined: str, key: str) -> Item | InnerList | None:
    """The member of that key; of several, the last. None also where the field does not parse."""
    parsed = parse(combined)
    return None if parsed is None else parsed.get(key)


def read_override(lines: Sequence[Value], worker: str) -> Reading:
    """The header for `worker`, before versions are looked up."""
    combined = combine(lines)
    if not combined:
        return Reading(combined, Outcome.absent)
    if too_long(lines):
        return Reading(combined, Outcome.invalid_header)
    try:
        member = plain_members.member(combined, worker)
    except plain_members.NotADictionary:
        return Reading(combined, Outcome.invalid_header)
    if member is None:
        return Reading(combined, Outcome.not_addressed)
    if isinstance(member, InnerList) or type_name(member) != "String":
        return Reading(combined, Outcome.not_a_string)
    return Reading(combined, None, str(member.value))


def addressable(worker_name: str) -> bool:
    """Can an override name this Worker? Dictionary keys start with a-z or `*` (RFC 9651, 3.1.2)."""
    return _KEY.fullmatch(worker_name) is not None


def type_name(member: Item | InnerList) -> str:
    """The type of a member in the words of RFC 9651: "String", "Token", "Inner List" …"""
    if isinstance(member, InnerList):
        return "Inner List"
    # By exact type: Token and Display String are subclasses of str, and bool of int.
    return _TYPE_NAMES[type(member.value)]


_TYPE_NAMES: dict[type, str] = {
    str: "String",
    Token: "Token",
    DisplayString: "Display String",
    bool: "Boolean",
    int: "Integer",
    Decimal: "Decimal",
    bytes: "Byte Sequence",
    datetime: "Date",
}
