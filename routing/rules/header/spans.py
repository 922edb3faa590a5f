"""Indices in an override field: its members, and where it stops parsing.

http_sfv decides whether a field is a Dictionary, but not where it fails. This walk follows the same
grammar (RFC 9651, 4.2), for the caret and the corrections only.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from routing.rules.header.sf_items import Stopped, bare_item, expect, skip

_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
_SPACES = re.compile(r" *")
_OWS = re.compile(r"[ \t]*")


class Parameter(NamedTuple):
    """One parameter: `start` is the index of its semicolon, the value `value`..`stop`."""

    key: str
    start: int
    value: int
    stop: int


class Member(NamedTuple):
    """One member: its key, and indices into the field of its start and of its value.

    The value is `value`..`stop`, without parameters. A member without "=" has an empty value after
    its key.
    """

    key: str
    start: int
    value: int
    stop: int
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """Members up to the index `stop` where parsing fails, the last one perhaps incomplete.

    `stop` is None if the field parses.
    """

    members: tuple[Member, ...]
    stop: int | None


def scan(field: str) -> Scan:
    """Walks a combined field in linear time. Never raises.

    `stop` is len(field) if the field ends too early.
    """
    members: list[Member] = []
    try:
        _walk(field, members)
    except Stopped as stopped:
        return Scan(tuple(members), stopped.index)
    return Scan(tuple(members), None)


def _walk(field: str, members: list[Member]) -> None:
    index = skip(_SPACES, field, 0)
    while True:
        start, end = index, _key(field, index)
        value = end + 1 if field.startswith("=", end) else end
        stop = _value(field, value) if value > end else end
        members.append(Member(field[start:end], start, value, stop))
        index, parameters = _parameters(field, stop)
        members[-1] = members[-1]._replace(parameters=parameters)
        index = skip(_OWS, field, index)
        if index == len(field):
            return
        expect(",", field, index)
        index = skip(_OWS, field, index + 1)


def _key(field: str, index: int) -> int:
    end = skip(_KEY, field, index)
    if end == index:
        raise Stopped(index)
    return end


def _parameters(field: str, index: int) -> tuple[int, tuple[Parameter, ...]]:
    parameters = []
    while field.startswith(";", index):
        start, name = index, skip(_SPACES, field, index + 1)
        end = _key(field, name)
        value = end + 1 if field.startswith("=", end) else end
        index = bare_item(field, value) if value > end else end
        parameters.append(Parameter(field[name:end], start, value, index))
    return index, tuple(parameters)


def _value(field: str, index: int) -> int:
    return _inner_list(field, index) if field.startswith("(", index) else bare_item(field, index)


def _inner_list(field: str, index: int) -> int:
    index = skip(_SPACES, field, index + 1)
    while not field.startswith(")", index):
        index, _ = _parameters(field, bare_item(field, index))
        expect(" )", field, index)
        index = skip(_SPACES, field, index)
    return index + 1
