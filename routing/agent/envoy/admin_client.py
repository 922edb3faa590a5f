"""HTTP client for Envoy's admin socket, on one persistent connection; polled every few ms."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from urllib.parse import quote

from routing.agent.base.errors import EnvoyUnavailable as EnvoyUnavailable
from routing.compile import names

_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Admin:
    """Small HTTP/1.1 client; Envoy's responses are chunked."""

    def __init__(self, path: str = names.ADMIN_SOCKET, timeout: float = 10.0) -> None:
        self._path, self._timeout = path, timeout
        self._streams: _Streams | None = None
        self._turn = asyncio.Lock()

    async def get(self, target: str) -> str:
        """Returns the body; raises `EnvoyUnavailable`."""
        return await self._ask("GET", target)

    async def post(self, target: str) -> str:
        """Returns the body; raises `EnvoyUnavailable`."""
        return await self._ask("POST", target)

    async def stats(self, pattern: str) -> dict[str, str]:
        """Statistics whose names match; text values without quotes."""
        text = await self.get(f"/stats?filter={quote(pattern, safe='')}")
        pairs = (line.partition(": ") for line in text.splitlines())
        return {name: value.strip('"') for name, _, value in pairs}

    async def in_flight(self, clusters: Iterable[str]) -> dict[str, int]:
        """Running requests by cluster; a cluster that never had any is missing."""
        return await self._requests(clusters, "active")

    async def totals(self, clusters: Iterable[str]) -> dict[str, int]:
        """Requests since Envoy started, as `in_flight`."""
        return await self._requests(clusters, "total")

    async def _requests(self, clusters: Iterable[str], kind: str) -> dict[str, int]:
        listed = "|".join(re.escape(name) for name in clusters)
        found = await self.stats(rf"^cluster\.({listed})\.upstream_rq_{kind}$")
        prefix, suffix = "cluster.", f".upstream_rq_{kind}"
        return {k.removeprefix(prefix).removesuffix(suffix): int(v) for k, v in found.items()}

    async def close(self) -> None:
        """The next request reconnects."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _ask(self, method: str, target: str) -> str:
        async with self._turn:
            try:
                async with asyncio.timeout(self._timeout):
                    return await self._exchange_or_again(method, target)
            except (OSError, EOFError, ValueError, TimeoutError) as error:
                await self.close()
                raise EnvoyUnavailable(str(error) or type(error).__name__) from error
            except asyncio.CancelledError:
                await self.close()
                raise

    async def _exchange_or_again(self, method: str, target: str) -> str:
        """Retries once if the persistent connection was closed; Envoy does that while it drains."""
        if self._streams is not None:
            try:
                return await self._exchange(method, target)
            except (ConnectionError, EOFError):
                await self.close()
        return await self._exchange(method, target)

    async def _exchange(self, method: str, target: str) -> str:
        if self._streams is None:
            self._streams = await asyncio.open_unix_connection(self._path, limit=1 << 22)
        reader, writer = self._streams
        writer.write(f"{method} {target} HTTP/1.1\r\nhost: admin\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if b"transfer-encoding: chunked" in head:
            body = await _chunks(reader)
        else:
            length = re.search(rb"content-length: *([0-9]+)", head)
            body = await reader.readexactly(int(length[1]) if length else 0)
        if b"connection: close" in head:
            await self.close()
        if not head.startswith(b"http/1.1 200"):
            raise ValueError(head.partition(b"\r\n")[0].decode())
        return body.decode("utf-8", "replace")


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return bytes(body)
