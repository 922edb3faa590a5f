"""A real nginx in front of the edge, as people put one there."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PROGRAM = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")

# `proxy_bind` is the address that the edge sees: one that it trusts, and one that it does not.
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
  proxy_set_header Host $host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  server {{
    listen 127.0.0.1:{plain};
    location / {{ proxy_pass http://127.0.0.1:{edge}; proxy_bind {trusted}; }}
  }}
  server {{
    listen 127.0.0.1:{tls} ssl;
    ssl_certificate cert.pem;
    ssl_certificate_key key.pem;
    location / {{ proxy_pass http://127.0.0.1:{edge}; proxy_bind {trusted}; }}
    location /stranger {{ proxy_pass http://127.0.0.1:{edge}; proxy_bind {stranger}; }}
  }}
}}
"""


@contextmanager
def nginx(folder: Path, **settings: object) -> Iterator[None]:
    """Runs until the end of the block. `settings`: plain, tls, edge (ports); trusted, stranger."""
    assert PROGRAM is not None
    folder.mkdir(parents=True, exist_ok=True)
    _certificate(folder)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_CONFIG.format(user=user, **settings))
    with open(folder / "output.txt", "ab") as output:
        process = subprocess.Popen(
            [PROGRAM, "-p", str(folder), "-c", "nginx.conf"], stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + 10
        while not listens(int(str(settings["tls"]))):
            assert process.poll() is None and time.monotonic() < deadline, (
                folder / "output.txt"
            ).read_text()
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(10)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    hosts = [x509.DNSName(f"{worker}.localhost") for worker in ("echo", "secure")]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
