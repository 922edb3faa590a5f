"""HTTP over Unix sockets: a client for Envoy's admin socket, a server for the agent's."""

from __future__ import annotations

import http.client
import http.server
import socket
import socketserver
from collections.abc import Callable, Mapping
from typing import Any


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self.path)


class Request(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.handle(self)

    do_POST = do_PUT = do_HEAD = do_DELETE = do_GET

    def answer(
        self, body: bytes, headers: Mapping[str, str] | None = None, status: int = 200
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass

    def address_string(self) -> str:
        return "unix"


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, path: str, handle: Callable[[Request], None]) -> None:
        self.handle = handle
        super().__init__(path, Request)

    def handle_error(self, *_: Any) -> None:
        pass
