"""A real nginx in front of the control plane that lets in edges with a client certificate only."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.eventually import eventually
from tests.real.nginx import PROGRAM, listens
from tests.running import free_port

HEADER = "X-Edge-Certificate"
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
}}
"""


@dataclass
class Authority:
    """A CA in a folder: `issue("edge-1")` writes edge-1.pem and edge-1.key."""

    folder: Path
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self._write("ca", self.key, self._certificate("Edges CA", self.key, is_ca=True))

    def issue(self, name: str) -> tuple[Path, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        return self._write(name, key, self._certificate(name, key))

    def _certificate(
        self, name: str, key: ec.EllipticCurvePrivateKey, *, is_ca: bool = False
    ) -> x509.Certificate:
        def subject(common: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])

        now = datetime.now(UTC)
        identifier = x509.SubjectKeyIdentifier.from_public_key
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject(name))
            .issuer_name(subject("Edges CA"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(identifier(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
        )
        if not is_ca:
            names = x509.SubjectAlternativeName([x509.DNSName(name)])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def _write(
        self, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate
    ) -> tuple[Path, Path]:
        paths = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return paths


@contextmanager
def mutual_tls(authority: Authority, upstream: int) -> Iterator[str]:
    """The URL of the control plane through nginx, until the end of the block."""
    assert PROGRAM is not None
    authority.issue("localhost")
    port = free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    config = _CONFIG.format(user=user, port=port, upstream=upstream)
    (authority.folder / "nginx.conf").write_text(config)
    log = authority.folder / "output.txt"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [PROGRAM, "-p", str(authority.folder), "-c", "nginx.conf"],
            stdout=output,
            stderr=output,
        )
    try:
        assert eventually(lambda: listens(port), 10), log.read_text()
        yield f"https://localhost:{port}"
    finally:
        process.terminate()
        process.wait(10)
