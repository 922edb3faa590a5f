"""A real nginx, as people put one in front of Sluice."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.base.authority import Authority
from tests.eventually import eventually

PROGRAM = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")

_CONFIG = """
{user}
daemon off;
pid nginx.pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;
  uwsgi_temp_path tmp; scgi_temp_path tmp;
{servers}
}}
"""

# `proxy_bind` is the address that the edge sees: one that it trusts, and one that it does not.
_SERVERS = """
  proxy_set_header Host $host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  server {{
    listen 127.0.0.1:{plain};
    location / {{ proxy_pass http://127.0.0.1:{edge}; proxy_bind {trusted}; }}
  }}
  server {{
    listen 127.0.0.1:{tls} ssl;
    ssl_certificate echo.pem;
    ssl_certificate_key echo.key;
    location / {{ proxy_pass http://127.0.0.1:{edge}; proxy_bind {trusted}; }}
    location /stranger {{ proxy_pass http://127.0.0.1:{edge}; proxy_bind {stranger}; }}
  }}
"""


def require() -> None:
    """Fails for root, whom `bin/setup.py test` gives an nginx; skips for others."""
    if PROGRAM is None:
        if os.geteuid() == 0:
            pytest.fail("nginx is not installed: `python3 bin/setup.py test` installs it")
        pytest.skip("nginx is not installed")


@contextmanager
def running(folder: Path, servers: str, port: int) -> Iterator[None]:
    """With these server blocks, from when `port` accepts connections until the end of the block."""
    assert PROGRAM is not None
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_CONFIG.format(user=user, servers=servers))
    log = folder / "output.txt"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [PROGRAM, "-p", str(folder), "-c", "nginx.conf"], stdout=output, stderr=output
        )
    try:
        eventually(lambda: listens(port) or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def nginx(folder: Path, **settings: object) -> Iterator[None]:
    """In front of an edge. `settings`: plain, tls, edge (ports); trusted, stranger."""
    Authority(folder).issue("echo", "echo.localhost", "secure.localhost")
    with running(folder, _SERVERS.format(**settings), int(str(settings["tls"]))):
        yield


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
