"""A proxy that leads to this machine only: wrangler's WebSocket goes through the proxy whatever
NO_PROXY says, and nothing else that it might ask for gets out."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def tunnel() -> Iterator[tuple[str, list[str]]]:
    """Its address, and the first lines of what it refused."""
    refused: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, refused), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", refused
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, refused: list[str]) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve, args=(client, refused), daemon=True).start()


def _serve(client: socket.socket, refused: list[str]) -> None:
    head = b""
    while b"\r\n\r\n" not in head and (piece := client.recv(4096)):
        head += piece
    line = head.split(b"\r\n")[0].decode("latin-1")
    method, _, rest = line.partition(" ")
    host, _, port = rest.partition(" ")[0].rpartition(":")
    if method != "CONNECT" or host != "127.0.0.1":
        refused.append(line)
        client.sendall(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
        client.close()
        return
    upstream = socket.create_connection((host, int(port)))
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    back = threading.Thread(target=_copy, args=(upstream, client), daemon=True)
    back.start()
    _copy(client, upstream)
    back.join()
    client.close()
    upstream.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
