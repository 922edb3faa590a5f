"""DeltaDiscoveryRequest and DeltaDiscoveryResponse of Envoy's discovery protocol, as protobuf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from routing.compile.envoy.clusters import TYPE
from routing.compile.envoy.protobuf import prefixed


class MessageInvalid(ValueError):
    """Not a message of this protocol."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One cluster or scope. `digest` identifies its content."""

    digest: str
    body: bytes


@dataclass(slots=True)
class Request:
    """`kind` is a message type, such as `envoy.config.cluster.v3.Cluster`. The first of a stream
    and kind has the `versions` that Envoy has, by name. Others answer the response `nonce`; `error`
    is why it was rejected."""

    kind: str = ""
    nonce: str = ""
    error: str = ""
    rejected: bool = False
    versions: dict[str, str] = field(default_factory=dict)


def parse_request(raw: bytes) -> Request:
    """Raises `MessageInvalid`."""
    request = Request()
    for number, content in _fields(raw):
        match number, content:
            case 2, bytes():
                request.kind = content.decode().removeprefix(TYPE)
            case 5, bytes():
                entry = {n: c.decode() for n, c in _fields(content) if isinstance(c, bytes)}
                request.versions[entry.get(1, "")] = entry.get(2, "")
            case 6, bytes():
                request.nonce = content.decode()
            case 7, bytes():
                status = dict(_fields(content))
                message = status.get(2, b"")
                request.rejected = True
                request.error = message.decode() if isinstance(message, bytes) else ""
    return request


def response(
    kind: str,
    nonce: str,
    revision: int,
    changed: Mapping[str, Resource],
    removed: Sequence[str],
) -> bytes:
    """Each resource's version is its revision and digest."""
    parts = [prefixed(1, f"{revision}".encode())]
    for name, resource in changed.items():
        body = prefixed(1, (TYPE + kind).encode()) + prefixed(2, resource.body)
        version = f"{revision}.{resource.digest}"
        head = prefixed(1, version.encode()) + prefixed(3, name.encode())
        parts.append(prefixed(2, head + prefixed(2, body)))
    parts += [prefixed(4, (TYPE + kind).encode()), prefixed(5, nonce.encode())]
    parts += [prefixed(6, name.encode()) for name in removed]
    return b"".join(parts)


def parse_version(version: str) -> tuple[int, str]:
    """(revision, digest); revision 0 for a version that is not ours."""
    revision, _, digest = version.partition(".")
    return (int(revision) if revision.isascii() and revision.isdigit() else 0), digest


def _fields(raw: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(number, content) of each field."""
    place = 0
    while place < len(raw):
        key, place = _varint(raw, place)
        number, wire = key >> 3, key & 7
        if wire == 0:
            content, place = _varint(raw, place)
            yield number, content
            continue
        if wire == 2:
            size, place = _varint(raw, place)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise MessageInvalid(f"wire type {wire}")
        if place + size > len(raw):
            raise MessageInvalid("cut off")
        yield number, raw[place : place + size]
        place += size


def _varint(raw: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(raw):
        byte = raw[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
    raise MessageInvalid("cut off")
