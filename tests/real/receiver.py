"""A program on loopback that hooks and guardrails of rollouts call; it always answers `safe`."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpx

from tests.running import System

BODY = b'{"verdict": "safe", "reason": "No freeze."}'


@dataclass
class Receiver:
    """`requests` are (path, headers, body), as they came."""

    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def __enter__(self) -> Self:
        requests = self.requests

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                requests.append((self.path, headers, body))
                self.send_response(200)
                self.send_header("Content-Length", str(len(BODY)))
                self.end_headers()
                self.wfile.write(BODY)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def wait_for(self, path: str) -> None:
        """Until it was called there."""
        deadline = time.monotonic() + 60
        while not any(called == path for called, _, _ in self.requests):
            assert time.monotonic() < deadline, [called for called, _, _ in self.requests]
            time.sleep(0.05)

    def signed(self, path: str) -> tuple[bytes, dict[str, str]]:
        """Body and headers of the first request to `path`."""
        return next((body, headers) for called, headers, body in self.requests if called == path)


@contextmanager
def hook(system: System, worker: str, event: str, kind: str, url: str) -> Iterator[str]:
    """A hook, made on the page and deleted on leaving; gives its signing secret."""
    address = f"http://127.0.0.1:{system.http_port}/workers/{worker}/hooks/"
    cookies = {"sessionid": system.session("admin")}
    with httpx.Client(headers={"Referer": address}, cookies=cookies, timeout=60) as browser:
        browser.get(address)
        csrf = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        form = {"name": event, "event": event, "kind": kind, "url": url, "timeout": "10"}
        made = browser.post(address, data=form | csrf)
        assert made.status_code == 200, made.text
        yield re.findall(r'data-copy="(whsec_[^"]+)"', made.text)[0]
        number = max(map(int, re.findall(r"/hooks/([0-9]+)/act/", made.text)))
        assert browser.post(f"{address}{number}/act/", data={"do": "delete"} | csrf).is_redirect
