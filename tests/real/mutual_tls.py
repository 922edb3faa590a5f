"""A real nginx in front of the control plane that lets in edges with a client certificate only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.base.authority import Authority
from tests.real import nginx
from tests.running import free_port

HEADER = "X-Edge-Certificate"
_SERVERS = """
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate localhost.pem;
    ssl_certificate_key localhost.key;
    ssl_client_certificate ca.pem;
    ssl_verify_client on;
    client_max_body_size 64m;
    location / {{
      proxy_pass http://127.0.0.1:{upstream};
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_set_header X-Edge-Certificate $ssl_client_escaped_cert;
    }}
  }}
"""


@contextmanager
def mutual_tls(authority: Authority, upstream: int) -> Iterator[str]:
    """The URL of the control plane through nginx, until the end of the block."""
    authority.issue("localhost")
    port = free_port()
    servers = _SERVERS.format(port=port, upstream=upstream)
    with nginx.running(authority.folder, servers, port):
        yield f"https://localhost:{port}"
