"""The edge behind another proxy: HTTP/1.0, and whose word counts for the client's address."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from routing.rules.split import TOTAL
from tests.real import nginx
from tests.real.edge import STRANGER, TRUSTED
from tests.real.plane import Plane
from tests.real.uploads import upload
from tests.running import free_port

pytestmark = pytest.mark.real
CLIENT = "127.0.0.9"
HTTPS_ONLY = """export default { fetch(request) {
  const url = new URL(request.url);
  if (url.pathname === "/stream") return new Response(new ReadableStream({ start(controller) {
    controller.enqueue(new TextEncoder().encode("streamed"));
    controller.close();
  } }));
  if (url.protocol === "https:") return new Response("secure");
  url.protocol = "https:";
  return Response.redirect(url, 301);
} };"""


@pytest.fixture(scope="module")
def proxy(started_plane: Plane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of an nginx with its ports in `ports.json`."""
    nginx.require()
    folder = tmp_path_factory.mktemp("nginx")
    ports = {"plain": free_port(), "tls": free_port()}
    (folder / "ports.json").write_text(json.dumps(ports))
    edge = started_plane.edge.settings.public_port
    with nginx.nginx(folder, edge=edge, trusted=TRUSTED, stranger=STRANGER, **ports):
        yield folder


def get(
    proxy: Path, path: str, headers: Mapping[str, str] = {}, *, worker: str = "echo"
) -> http.client.HTTPResponse:
    """A request over TLS to nginx, from an address of its own."""
    context = ssl.create_default_context(cafile=str(proxy / "ca.pem"))
    port = json.loads((proxy / "ports.json").read_text())["tls"]
    name = f"{worker}.localhost"
    raw = socket.create_connection(("127.0.0.1", port), 20, (CLIENT, 0))
    connection = http.client.HTTPConnection(name, port)
    connection.sock = context.wrap_socket(raw, server_hostname=name)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.body = response.read().decode()  # type: ignore[attr-defined]
    connection.close()
    return response


def seen(response: http.client.HTTPResponse) -> dict[str, Any]:
    return dict(json.loads(response.body))  # type: ignore[attr-defined]


def plain(port: int, text: str) -> str:
    with socket.create_connection(("127.0.0.1", port), 20) as client:
        client.sendall(text.encode())
        return b"".join(iter(lambda: client.recv(65536), b"")).decode()


def test_http_1_0_is_answered_with_and_without_a_host(plane: Plane) -> None:
    port = plane.edge.settings.public_port
    answer = plain(port, "GET /old HTTP/1.0\r\nHost: echo.localhost\r\n\r\n")
    assert answer.startswith("HTTP/1.0 200 OK") and '"/old"' not in answer
    assert "http://echo.localhost/old" in answer
    nowhere = plain(port, "GET / HTTP/1.0\r\n\r\n")
    assert nowhere.startswith("HTTP/1.0 404 ") and "Workers answer at <worker>" in nowhere


def test_nginx_as_it_comes_reaches_a_worker(plane: Plane, proxy: Path) -> None:
    """Its `proxy_pass` speaks HTTP/1.0 upstream by default."""
    port = json.loads((proxy / "ports.json").read_text())["plain"]
    answer = plain(port, "GET / HTTP/1.1\r\nHost: echo.localhost\r\nConnection: close\r\n\r\n")
    assert answer.startswith("HTTP/1.1 200 OK") and '"url":"http://echo.localhost/"' in answer


def test_behind_tls_a_worker_sees_the_clients_scheme_and_address(plane: Plane, proxy: Path) -> None:
    response = get(proxy, "/tls")
    told = seen(response)
    assert told["url"] == "https://echo.localhost/tls"
    assert told["headers"]["cf-connecting-ip"] == told["headers"]["x-real-ip"] == CLIENT
    assert told["headers"]["x-forwarded-for"] == f"{CLIENT},{TRUSTED}"
    assert told["headers"]["x-forwarded-proto"] == "https"
    line = plane.edge.log("public", ray=response.headers["cf-ray"])
    assert line["client"] == CLIENT


def test_a_worker_that_wants_https_does_not_redirect_for_ever(plane: Plane, proxy: Path) -> None:
    found = plane.edge.run("secure", upload(HTTPS_ONLY))
    plane.edge.deploy("secure", (found, TOTAL))
    plane.edge.publish()
    assert plane.edge.get("secure", proof=False).status == 301
    assert get(proxy, "/", worker="secure").body == "secure"  # type: ignore[attr-defined]
    began = time.monotonic()
    streamed = get(proxy, "/stream", worker="secure")
    assert streamed.body == "streamed"  # type: ignore[attr-defined]
    took = time.monotonic() - began
    print(f"streamed through nginx in {took * 1e3:.0f} ms, {streamed.getheader('content-length')}")
    assert took < 0.5, "nginx waits for the end of the connection"


def test_what_a_client_adds_to_the_forwarded_list_does_not_count(plane: Plane, proxy: Path) -> None:
    told = seen(get(proxy, "/", {"X-Forwarded-For": f"192.0.2.1, {TRUSTED}"}))
    assert told["headers"]["cf-connecting-ip"] == CLIENT


@pytest.mark.parametrize("sent", [{}, {"X-Forwarded-For": "192.0.2.1"}])
def test_a_proxy_that_is_not_trusted_is_a_client(
    plane: Plane, proxy: Path, sent: dict[str, str]
) -> None:
    response = get(proxy, "/stranger", sent)
    told = seen(response)
    assert told["url"] == "http://echo.localhost/stranger"
    assert told["headers"]["cf-connecting-ip"] == STRANGER
    assert plane.edge.log("public", ray=response.headers["cf-ray"])["client"] == STRANGER


def test_a_client_says_nothing_of_itself(plane: Plane) -> None:
    spoofed = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}
    for proof in (True, False):
        told = plane.edge.get("echo", headers=spoofed, proof=proof).json
        assert told["url"].startswith("http://")
        assert told["headers"]["cf-connecting-ip"] == "127.0.0.1"
