"""A proof listener that answers as the version that the override header names."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from dashboard.sending.wire_request import OVERRIDES


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; `nth` counts from 0 over all of them."""

    version: str
    method: str
    path: str
    headers: dict[str, str]
    body: str
    nth: int


Answers = Callable[[Asked], tuple[int, str] | tuple[int, str, str]]


@dataclass
class VersionedEdge:
    """`answers` gives status, body and content type (JSON without one); `asked` are the requests,
    `most` how many at once."""

    url: str = ""
    answers: Answers = lambda asked: (200, "{}")
    asked: list[Asked] = field(default_factory=list)
    most: int = 0
    #: Version asked for → version named on the answer, where it is another one.
    strays: dict[str, str] = field(default_factory=dict)

    def versions(self) -> list[str]:
        return [asked.version for asked in self.asked]


@contextmanager
def versioned_edge() -> Iterator[VersionedEdge]:
    edge, lock, counter, now = VersionedEdge(), threading.Lock(), itertools.count(), [0]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                now[0] += 1
                edge.most = max(edge.most, now[0])
            try:
                self._answer()
            finally:
                with lock:
                    now[0] -= 1

        do_HEAD = do_POST = do_PUT = do_OPTIONS = do_DELETE = do_PATCH = do_GET

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            found = re.findall(r'"([^"]+)"', self.headers.get(OVERRIDES, ""))
            version = found[-1] if found else ""
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(version, self.command, self.path, headers, body, next(counter))
            edge.asked.append(asked)
            status, text, *kind = edge.answers(asked)
            self.send_response(status)
            self.send_header("content-type", kind[0] if kind else "application/json")
            self.send_header("set-cookie", "session=abcdefgh")
            self.send_header("cf-ray", f"{asked.nth:016x}-DEV")
            self.send_header("x-sluice-version", edge.strays.get(version, version))
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *args: object) -> None:
            """A client that was stopped hangs up; that is no failure of the test."""

    server = Server(("127.0.0.1", 0), Handler)
    edge.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield edge
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
