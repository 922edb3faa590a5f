"""The agent's requests to one version's process (`runtime/objects/host.js`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import aiohttp
import msgspec

from routing.compile import names
from routing.rules.object_assignment import Ranges

GRACE_MS = 5000
"""For calls in progress when an object moves; then they are cut off."""
ASSIGN_SECONDS = 25.0
"""Longer than `GRACE_MS` plus what assignment.js waits for an object to close."""
ALARM_SECONDS = 15 * 60.0
"""As on Cloudflare."""
_STATE_SECONDS = 3.0
_LARGEST = 256 << 10
"""Bytes of an answer. Versions run other people's code, so one may be endless."""
_MOST_RANGES = 1000

T = TypeVar("T")


class Unreachable(Exception):
    """The process does not answer, or not as expected."""


@dataclass(frozen=True, slots=True)
class Address:
    """A process of a version. Another `instance` of it refuses the request; "" is any."""

    version_id: str
    instance: str = ""


class _State(msgspec.Struct):
    ranges: Annotated[Ranges, msgspec.Meta(max_length=_MOST_RANGES)]
    open: int


class AlarmResult(msgspec.Struct):
    """`outcome` is ok, exception, noHandler or notAssigned."""

    outcome: str
    message: str = ""


async def open_ranges(process: Address) -> Ranges:
    """What the process may have open. Raises `Unreachable`."""
    body = await _ask(process, "GET", "/state", None, _STATE_SECONDS)
    return _decoded(body, _State).ranges


async def assign(process: Address, ranges: Ranges, *, is_leaving: bool = False) -> None:
    """Returns when it has closed all other objects. With `is_leaving`, another process of the
    version takes its place. Raises `Unreachable`; then its state is unclear."""
    change = {"ranges": ranges, "grace_ms": GRACE_MS, "is_leaving": is_leaving}
    await _ask(process, "POST", "/assign", change, ASSIGN_SECONDS)


async def ring(process: Address, alarm: dict[str, Any]) -> AlarmResult:
    """Runs an object's alarm(). Raises `Unreachable`."""
    body = await _ask(process, "POST", "/alarm", alarm, ALARM_SECONDS)
    return _decoded(body, AlarmResult)


def _decoded(body: bytes, expected: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=expected)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Unreachable(f"not as expected: {error}") from error


async def _ask(
    process: Address, method: str, path: str, body: dict[str, Any] | None, seconds: float
) -> bytes:
    socket = names.socket_file(process.version_id, names.OBJECTS_CONTROL)
    timeout = aiohttp.ClientTimeout(total=seconds)
    headers = {"x-instance": process.instance}
    try:
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(socket), timeout=timeout
            ) as client,
            client.request(method, f"http://objects{path}", json=body, headers=headers) as response,
        ):
            content = await _content(response)
            if response.status != 200:
                raise Unreachable(f"{response.status} {content[:200]!r}")
            return content
    except TimeoutError as error:
        raise Unreachable(f"no answer in {seconds:.0f} s") from error
    except (aiohttp.ClientError, OSError) as error:
        raise Unreachable(str(error) or type(error).__name__) from error


async def _content(response: aiohttp.ClientResponse) -> bytes:
    content = b""
    async for piece in response.content.iter_any():
        content += piece
        if len(content) > _LARGEST:
            raise Unreachable(f"its answer has more than {_LARGEST} bytes")
    return content
