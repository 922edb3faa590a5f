"""A MaxMind database with one place for all IPv4 addresses (format 2.0), for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

BOSTON = {
    "country": {"iso_code": "US", "names": {"en": "United States"}},
    "city": {"names": {"en": "Boston"}},
    "subdivisions": [{"iso_code": "MA", "names": {"en": "Massachusetts"}}],
}


def write_database(path: Path, kind: str, place: dict[str, Any]) -> Path:
    """`kind` is City, Country or ASN."""
    pointer = (1 + 16).to_bytes(3, "big")  # behind one node and the separator
    metadata = {
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": 1_700_000_000,
        "database_type": f"Test-{kind}",
        "description": {"en": "Test"},
        "ip_version": 4,
        "languages": ["en"],
        "node_count": 1,
        "record_size": 24,
    }
    tree = pointer * 2 + bytes(16)
    path.write_bytes(tree + encoded(place) + b"\xab\xcd\xefMaxMind.com" + encoded(metadata))
    return path


_KINDS = {
    **dict.fromkeys(["binary_format_major_version", "binary_format_minor_version"], 5),
    **dict.fromkeys(["ip_version", "record_size"], 5),
    "build_epoch": 9,
}
"""Of numbers: 16, 32 or 64 bits; readers check them."""


def encoded(value: Any, kind: int = 6) -> bytes:
    """`kind` is that of a number."""
    if isinstance(value, str):
        raw = value.encode()
        return head(2, len(raw)) + raw
    if isinstance(value, dict):
        members = (encoded(k) + encoded(v, _KINDS.get(k, 6)) for k, v in value.items())
        return head(7, len(value)) + b"".join(members)
    if isinstance(value, list):
        return head(11, len(value)) + b"".join(map(encoded, value))
    number = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return head(kind, len(number)) + number


def head(kind: int, size: int) -> bytes:
    """A control byte, with the type behind it if it is over 7."""
    assert size < 29
    return bytes([kind << 5 | size]) if kind <= 7 else bytes([size, kind - 7])
