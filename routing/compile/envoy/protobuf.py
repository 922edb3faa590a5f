"""Envoy's resources as protobuf, which its discovery protocol requires.

Encodes what `json_format.ParseDict` of Google's `protobuf` would, by the fields in
`protobuf_fields.py`, in a third of the time and without descriptors of all of Envoy: its 120 files
of Python are a package named `envoy`, as is the program itself.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any

from routing.compile.envoy.clusters import TYPE
from routing.compile.envoy.protobuf_fields import ENUMS, MESSAGES

CLUSTER = "envoy.config.cluster.v3.Cluster"
SCOPE = "envoy.config.route.v3.ScopedRouteConfiguration"

_FIXED64, _BYTES = 1, 2
_Object = Mapping[str, Any]


def encode(message: str, value: _Object) -> bytes:
    """`value` is JSON as Envoy reads it. Raises `KeyError` for a field or name that is not in
    `protobuf_fields.py`."""
    fields, out = MESSAGES[message], bytearray()
    for name, content in value.items():
        number, kind = fields[name]
        _field(out, number, kind, content)
    return bytes(out)


def varint(number: int) -> bytes:
    """A non-negative number in groups of seven bits."""
    if number < 0x80:
        return bytes((number,))
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def prefixed(number: int, content: bytes) -> bytes:
    """A field of text, bytes or a message."""
    return varint(number << 3 | _BYTES) + varint(len(content)) + content


def _field(out: bytearray, number: int, kind: str, content: Any) -> None:
    if kind.startswith("repeated "):
        for item in content:
            out += _single(number, kind[9:], item)
    elif kind.startswith("map "):
        for key, item in content.items():
            out += prefixed(number, prefixed(1, key.encode()) + _single(2, kind[4:], item))
    else:
        out += _single(number, kind, content)


def _single(number: int, kind: str, content: Any) -> bytes:
    scalar = _SCALARS.get(kind)
    if scalar is not None:
        return scalar(number, content)
    if kind in ENUMS:
        return varint(number << 3) + varint(ENUMS[kind][content])
    return prefixed(number, encode(kind, content))


def _number(number: int, content: int) -> bytes:
    return varint(number << 3) + varint(content)


def _text(number: int, content: str) -> bytes:
    return prefixed(number, content.encode())


def _double(number: int, content: float) -> bytes:
    return varint(number << 3 | _FIXED64) + struct.pack("<d", content)


def _wrapped(number: int, content: int) -> bytes:
    """A number that can be absent, in a message of its own. Zero is its default."""
    return prefixed(number, _number(1, content) if content else b"")


def _duration(number: int, content: str) -> bytes:
    """Such as `0.25s`."""
    nanoseconds = round(float(content.removesuffix("s")) * 1_000_000_000)
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    parts = (_number(place, part) for place, part in ((1, seconds), (2, rest)) if part)
    return prefixed(number, b"".join(parts))


def _struct(number: int, content: _Object) -> bytes:
    return prefixed(number, _struct_fields(content))


def _struct_fields(content: _Object) -> bytes:
    entries = (prefixed(1, key.encode()) + prefixed(2, _value(v)) for key, v in content.items())
    return b"".join(prefixed(1, entry) for entry in entries)


def _value(content: Any) -> bytes:
    """Raises `TypeError` for a list or null, which our metadata does not use."""
    match content:
        case bool():
            return _number(4, content)
        case int() | float():
            return _double(2, content)
        case str():
            return _text(3, content)
        case dict():
            return prefixed(5, _struct_fields(content))
    raise TypeError(f"no value of a Struct: {content!r}")


def _any(number: int, content: _Object) -> bytes:
    """A message with its type, `@type`; without one it is empty."""
    if not content:
        return prefixed(number, b"")
    address = content["@type"]
    body = {name: value for name, value in content.items() if name != "@type"}
    message = address.removeprefix(TYPE)
    return prefixed(number, _text(1, address) + prefixed(2, encode(message, body)))


_SCALARS: dict[str, Callable[[int, Any], bytes]] = {
    "string": _text,
    "bool": _number,
    "uint": _number,
    "UInt32Value": _wrapped,
    "BoolValue": _wrapped,
    "Duration": _duration,
    "Struct": _struct,
    "Any": _any,
}
