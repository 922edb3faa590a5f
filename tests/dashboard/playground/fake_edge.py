"""An edge's proof listener for tests: records what arrives, answers as it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

RAY = "3a2b52e4135fc6d4-DEV"


class FakeEdge(ThreadingHTTPServer):
    """`requests` are (method, target, headers, body); `before` runs ahead of each answer,
    `after` behind a raw one."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, str, list[tuple[str, str]], bytes]] = []
        self.status = 200
        self.headers = [("content-type", "text/plain; charset=utf-8"), ("cf-ray", RAY)]
        self.body = b"hello"
        self.raw: bytes | None = None
        #: Sent again and again, chunked, until the client hangs up; `left` is set then.
        self.tick = b""
        self.ticked, self.left = threading.Event(), threading.Event()
        self.before: Callable[[], Any] = lambda: None
        self.after: Callable[[], Any] = lambda: None

    def handle_error(self, *args: Any) -> None:
        """A client that has read enough hangs up; that is no failure of the test."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: FakeEdge

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        self.server.requests.append((self.command, self.path, self.headers.items(), body))
        self.server.before()
        if self.server.raw is not None:
            self.wfile.write(self.server.raw)
            self.server.after()
            return
        if self.server.tick:
            self._stream()
            return
        self.send_response(self.server.status)
        for name, value in [*self.server.headers, ("content-length", str(len(self.server.body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)

    def _stream(self) -> None:
        self.send_response(self.server.status)
        for name, value in [*self.server.headers, ("transfer-encoding", "chunked")]:
            self.send_header(name, value)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(self.server.tick), self.server.tick))
                self.server.ticked.set()
                time.sleep(0.05)
        except OSError:
            self.server.left.set()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

    def date_time_string(self, timestamp: float | None = None) -> str:
        """One moment for all: answers differ by nothing but what a test says."""
        return "Sun, 29 Nov 2026 12:00:00 GMT"

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def fake_edge() -> Iterator[FakeEdge]:
    server = FakeEdge()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
