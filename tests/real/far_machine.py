"""A network namespace as another machine: only a Unix socket leads from it to the control plane.

`python -m tests.real.far_machine SOCKET PORT COMMAND…` runs there: COMMAND reaches what listens at
SOCKET as 127.0.0.1:PORT, and its own ports are reachable from nowhere else.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.eventually import eventually

Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def command(socket: Path, port: int) -> tuple[str, ...]:
    """What to put in front of a command to run it on another machine."""
    return ("unshare", "--net", sys.executable, "-m", __spec__.name, str(socket), str(port))


@contextmanager
def way(socket: Path, port: int) -> Iterator[None]:
    """From a Unix socket to a port of this machine."""
    words = [sys.executable, "-m", __spec__.name, "way", str(socket), str(port)]
    process = subprocess.Popen(words)
    try:
        assert eventually(socket.exists, 20)
        yield
    finally:
        process.kill()
        process.wait()


def serve(connect: Connect) -> Callable[..., Awaitable[None]]:
    async def pumped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            other_reader, other_writer = await connect()
            try:
                both = (_pump(reader, other_writer), _pump(other_reader, writer))
                await asyncio.gather(*both)
            finally:
                other_writer.close()
                writer.close()

    return pumped


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while part := await reader.read(1 << 16):
            writer.write(part)
            await writer.drain()
        writer.write_eof()


async def _listen(socket: str, port: int) -> None:
    way = serve(lambda: asyncio.open_unix_connection(socket))
    server = await asyncio.start_server(way, "127.0.0.1", port)
    os.write(3, b".")
    await server.serve_forever()


async def _lead(socket: str, port: int) -> None:
    server = await asyncio.start_unix_server(
        serve(lambda: asyncio.open_connection("127.0.0.1", port)), socket
    )
    await server.serve_forever()


def main() -> None:
    if sys.argv[1] == "way":
        asyncio.run(_lead(sys.argv[2], int(sys.argv[3])))
    socket, port, *words = sys.argv[1:]
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    ready, told = os.pipe()
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        os.dup2(told, 3)
        asyncio.run(_listen(socket, int(port)))
    os.close(told)
    os.read(ready, 1)
    os.close(ready)
    os.execvp(words[0], words)


if __name__ == "__main__":
    main()
