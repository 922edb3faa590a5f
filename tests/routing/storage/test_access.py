"""What a process that is on the socket can do with the capability of one namespace."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from routing.state_access import ADMIN, HEADER, header_value, state_key
from tests.state_process import KEY, state_process

pytestmark = pytest.mark.slow
STATE_KEY = state_key(KEY)
OWN, OTHER = header_value(STATE_KEY, "kv", "own"), header_value(STATE_KEY, "kv", "other")


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    with state_process(tmp_path_factory.mktemp("s")) as process:
        yield process


def ask(state, method, path, *headers):
    """(status, body) of a request with exactly these header lines, as no HTTP library sends it."""
    lines = [f"{method} {path} HTTP/1.1", "Host: kv", "Connection: close", *headers, "", ""]
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(urlsplit(state.url).path)
        client.sendall("\r\n".join(lines).encode())
        received = b"".join(iter(lambda: client.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def with_capability(*values):
    return [f"{HEADER}: {value}" for value in values]


OWN_HMAC = OWN.rpartition(":")[2]


@pytest.mark.parametrize(
    "values",
    [
        [],
        [""],
        ["kv:other:"],
        [f"kv:other:{OWN_HMAC}"],
        [f"d1:own:{OWN_HMAC}"],
        [f"kv:own:{OWN_HMAC.upper()}"],
        [f"kv:own:{OWN_HMAC[:-1]}"],
        [f"kv:own:{OWN_HMAC}0"],
        [f"kv:own:other:{OWN_HMAC}"],
        [f"kv:own:{OWN_HMAC}:"],
        [f"{ADMIN}::{OWN_HMAC}"],
        [f"constructor:own:{OWN_HMAC}"],
        [OWN, "kv:other:"],
        [f"kv:other:{OWN_HMAC}", OWN],
        [OWN, OTHER],
    ],
)
def test_only_the_exact_capability_is_admitted(state, values):
    assert ask(state, "GET", "/key", *with_capability(*values))[0] == 403


@pytest.mark.parametrize("path", ["/namespaces/kv/other", "/status", "//namespaces/kv/other"])
@pytest.mark.parametrize("method", ["DELETE", "PUT", "GET"])
def test_a_capability_reaches_its_own_namespace_whatever_the_path(state, method, path):
    other = [*with_capability(OTHER), "Content-Length: 1", "", "1"]
    assert ask(state, "PUT", "/kept", *other)[0] == 200
    ask(state, method, path, *with_capability(OWN), "Content-Length: 0")
    assert ask(state, "GET", "/kept", *with_capability(OTHER)) == (200, b"1")


@pytest.mark.parametrize("kind", ["kv", "r2", "d1", "queue"])
def test_a_namespaces_id_is_no_path(state, kind, tmp_path_factory):
    for name in ("../../escaped", "..", "/etc", "a/../b"):
        value = header_value(STATE_KEY, kind, name)
        ask(state, "POST", "/__destroy", *with_capability(value), "Content-Length: 0")
    assert not list(tmp_path_factory.getbasetemp().rglob("*escaped*"))
    assert (
        ask(state, "GET", "/status", *with_capability(header_value(STATE_KEY, ADMIN, "")))[0] == 200
    )
