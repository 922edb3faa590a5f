"""Messages of Envoy's hot restart, in which a new process asks its predecessor for sockets.

Each is one datagram: the length (8 bytes, big endian), then a `HotRestartMessage` in Protocol
Buffers (Envoy's source/server/hot_restart.proto). Only what a start needs is implemented. Pure.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

PROTOCOL_VERSION = 11
"""The first number of `envoy --hot-restart-version`; others may have other messages."""

_LENGTH = struct.Struct(">Q")
_REQUEST, _REPLY = 1, 2
_VARINT, _BYTES = 0, 2
_NO_SOCKET = (1 << 64) - 1
"""-1 as an int32 on the wire."""


class Kind(IntEnum):
    """Field numbers of `HotRestartMessage.Request`."""

    socket = 1
    shut_down_admin = 2
    statistics = 3
    drain_listeners = 4
    terminate = 5
    test_connection = 7


class MessageInvalid(ValueError):
    """Malformed, or of an unknown kind."""


@dataclass(frozen=True, slots=True)
class Request:
    """`address` (`tcp://127.0.0.1:80`, `unix://path`) and `worker` belong to `Kind.socket`."""

    kind: Kind
    address: str = ""
    worker: int = 0


def read(datagram: bytes) -> Request:
    """Raises `MessageInvalid`."""
    try:
        if _LENGTH.unpack_from(datagram)[0] != len(datagram) - _LENGTH.size:
            raise MessageInvalid("a message in several datagrams")
        [(_, request)] = [f for f in _fields(datagram[_LENGTH.size :]) if f[0] == _REQUEST]
        [(number, body)] = _fields(_as_bytes(request))
        given = dict(_fields(_as_bytes(body)))
        address = _as_bytes(given.get(1, b"")).decode()
        return Request(Kind(number), address, _as_number(given.get(2, 0)))
    except (struct.error, IndexError, ValueError) as error:
        raise MessageInvalid(str(error)) from error


def socket_reply(*, present: bool) -> bytes:
    """Answers `Kind.socket`. If `present`, send the socket along (SCM_RIGHTS)."""
    return _reply(Kind.socket, _number(1, 0 if present else _NO_SOCKET))


def admin_reply(started_at: int) -> bytes:
    """Answers `Kind.shut_down_admin`. `started_at`: the first start, in Unix seconds."""
    reuse_port = 1
    return _reply(Kind.shut_down_admin, _number(1, started_at) + _number(2, reuse_port))


def statistics_reply() -> bytes:
    """Answers `Kind.statistics`: there are none to take over."""
    return _reply(Kind.statistics, b"")


def _reply(kind: Kind, body: bytes) -> bytes:
    message = _embedded(_REPLY, _embedded(kind, body))
    return _LENGTH.pack(len(message)) + message


def _embedded(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(body)) + body


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3 | _VARINT) + _varint(value)


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def _fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    at = 0
    while at < len(message):
        tag, at = _read_varint(message, at)
        value, at = _read_varint(message, at)
        if tag & 7 == _VARINT:
            yield tag >> 3, value
        elif tag & 7 == _BYTES and at + value <= len(message):
            yield tag >> 3, message[at : at + value]
            at += value
        else:
            raise ValueError(f"wire type {tag & 7} of field {tag >> 3}")


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
        if shift > 63:
            raise ValueError("a number of more than 64 bits")


def _as_bytes(value: bytes | int) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number where bytes are expected")
    return value


def _as_number(value: bytes | int) -> int:
    if isinstance(value, bytes):
        raise ValueError("bytes where a number is expected")
    return value
