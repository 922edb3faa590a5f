"""Attacks on the dashboard's listener, each for some seconds: a program of its own for `strangers`.

`python -m benchmarks.abuse.attacks NAME PORT SECONDS`. Loopback only. What an upload needs comes in
SLUICE_BENCH_UPLOAD (an address) and SLUICE_BENCH_TOKEN.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import secrets
import socket
import sys
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

HOST = "127.0.0.1"
CONNECTIONS, BODIES, SOCKETS, SIGN_INS, UPLOADS = 2000, 500, 100, 8, 8
DRIP_SECONDS, PAUSE_SECONDS = 2.0, 0.2
UPLOAD_BYTES = 23 * 1024 * 1024
ANSWER_SECONDS = 60.0

Attack = Callable[[int], Awaitable[None]]
"""One attacker's turn at a port; called again as soon as it ends, until the time is over."""


async def slow_head(port: int) -> None:
    """A header byte now and then, never the last one."""
    await _drip(port, b"GET /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")


async def slow_body(port: int) -> None:
    """The head of a sign-in, and then a byte of its body now and then."""
    head = (
        f"POST /accounts/login/ HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 60000\r\n\r\n"
    )
    await _drip(port, head.encode())


async def idle(port: int) -> None:
    """Connects and says nothing."""
    await _drip(port, b"", drop=b"")


async def from_one_address(port: int) -> None:
    """As `slow_head`, from an address that is not this machine's usual one."""
    await _drip(port, b"GET / HTTP/1.1\r\nX-Slow: ", address="127.0.0.66")


async def never_reads(port: int) -> None:
    """Asks for the sign-in page a hundred times and reads none of the answers."""
    ask = f"GET /accounts/login/ HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode()
    await _drip(port, ask * 100, drop=b"", buffer=4096)


async def stranger_socket(port: int) -> None:
    """The handshake of a page's WebSocket, without a session; stays if it is let in."""
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    await _ask(
        port,
        f"GET /live/ HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n"
        f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\n\r\n".encode(),
    )


async def sign_in_from_anywhere(port: int) -> None:
    """As `sign_in`, each time from another address, so that no limit by address helps."""
    await sign_in(port, ".".join(["127", *(str(1 + secrets.randbelow(250)) for _ in range(3))]))


async def sign_in(port: int, address: str = HOST) -> None:
    """A wrong password for a new name each time."""
    token = secrets.token_hex(16)
    form = {"username": f"n{token[:9]}", "password": token, "csrfmiddlewaretoken": token}
    body = urlencode(form).encode()
    await _ask(
        port,
        f"POST /accounts/login/ HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: csrftoken={token}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body,
        address,
    )


async def upload(port: int) -> None:
    """23 MB by somebody who may upload."""
    await _upload(port, f"Authorization: Bearer {os.environ['SLUICE_BENCH_TOKEN']}\r\n")


async def stranger_upload(port: int) -> None:
    """23 MB by somebody without a token."""
    await _upload(port, "Authorization: Bearer slc_nobody\r\n")


ATTACKS: dict[str, tuple[Attack, int]] = {
    "slow headers": (slow_head, CONNECTIONS),
    "slow headers, one address": (from_one_address, CONNECTIONS),
    "slow bodies": (slow_body, BODIES),
    "idle connections": (idle, CONNECTIONS),
    "answers not read": (never_reads, BODIES),
    "WebSockets without a session": (stranger_socket, SOCKETS),
    "sign-ins": (sign_in, SIGN_INS),
    "sign-ins, a new address each": (sign_in_from_anywhere, 4 * SIGN_INS),
    "uploads of 23 MB without a token": (stranger_upload, UPLOADS),
    "uploads of 23 MB": (upload, UPLOADS),
}
"""By name: what one attacker does, and how many of them there are."""


async def _drip(
    port: int, begin: bytes, *, drop: bytes = b"x", address: str = HOST, buffer: int = 0
) -> None:
    """Sends `begin`, then `drop` every few seconds until the server ends it. Reads nothing."""
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setblocking(False)
        if buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        client.bind((address, 0))
        await loop.sock_connect(client, (HOST, port))
        await loop.sock_sendall(client, begin)
        while not _has_ended(client, reads=not buffer):
            await asyncio.sleep(DRIP_SECONDS)
            await loop.sock_sendall(client, drop)


def _has_ended(client: socket.socket, *, reads: bool) -> bool:
    if not reads:
        return False
    with contextlib.suppress(BlockingIOError):
        return not client.recv(4096)
    return False


async def _ask(port: int, request: bytes, address: str = HOST) -> None:
    reader, writer = await asyncio.open_connection(HOST, port, local_addr=(address, 0))
    try:
        writer.write(request)
        async with asyncio.timeout(ANSWER_SECONDS):
            while await reader.read(65536):
                pass
    finally:
        writer.close()


async def _upload(port: int, authorization: str) -> None:
    metadata = {"main_module": "main.js", "compatibility_date": "2026-01-01"}
    code = "export default { fetch() { return new Response('ok') } }"
    parts = [
        ('name="metadata"', "application/json", json.dumps(metadata).encode()),
        ('name="main.js"; filename="main.js"', "application/javascript+module", code.encode()),
        (
            'name="big.txt"; filename="big.txt"',
            "text/plain",
            secrets.token_bytes(16).hex().encode(),
        ),
    ]
    parts[2] = (*parts[2][:2], parts[2][2] + b"x" * UPLOAD_BYTES)
    body = b"".join(
        f"--b\r\nContent-Disposition: form-data; {name}\r\nContent-Type: {kind}\r\n\r\n".encode()
        + content
        + b"\r\n"
        for name, kind, content in parts
    )
    body += b"--b--\r\n"
    path = os.environ["SLUICE_BENCH_UPLOAD"]
    head = (
        f"PUT {path}/flood-{secrets.randbelow(UPLOADS)} HTTP/1.1\r\nHost: localhost:{port}\r\n"
        f"{authorization}Content-Type: multipart/form-data; boundary=b\r\n"
        f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    await _ask(port, head.encode() + body)


def _big() -> bytes:
    """Never the same twice: content that is known already is not stored again."""
    return secrets.token_hex(16).encode() + b"x" * UPLOAD_BYTES


async def _again_and_again(attack: Attack, port: int) -> None:
    while True:
        with contextlib.suppress(OSError, TimeoutError):
            await attack(port)
        await asyncio.sleep(PAUSE_SECONDS)


async def main(name: str, port: int, seconds: float) -> None:
    attack, count = ATTACKS[name]
    attackers = [asyncio.create_task(_again_and_again(attack, port)) for _ in range(count)]
    await asyncio.sleep(seconds)
    for attacker in attackers:
        attacker.cancel()


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
