"""Where certificates and their keys are, and what is wrong with them.

A folder has `name.pem` or `name.crt` beside `name.key`, or `name/fullchain.pem` and
`name/privkey.pem` as certbot writes them.
"""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

_CERTIFICATES = (".pem", ".crt")
_LARGEST = 1024 * 1024


class CertificateInvalid(Exception):
    """The message names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """A valid pair. `digest` changes with the content of either file."""

    files: CertificateFiles
    digest: str
    expires_at: datetime


def in_folder(folder: Path) -> list[CertificateFiles]:
    """By name. Certificates without a key are left out. Raises `OSError`."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            pair = CertificateFiles(path / "fullchain.pem", path / "privkey.pem")
        elif path.suffix in _CERTIFICATES:
            pair = CertificateFiles(path, path.with_suffix(".key"))
        else:
            continue
        if pair.certificate.is_file() and pair.key.is_file():
            found.append(pair)
    return found


def read_certificate(files: CertificateFiles) -> Certificate:
    """Raises `CertificateInvalid`, also if the key belongs to another certificate."""
    try:
        content, key = (_content(path) for path in (files.certificate, files.key))
        first = x509.load_pem_x509_certificates(content)[0]
    except OSError as error:
        raise CertificateInvalid(f"{error.filename}: {error.strerror}") from error
    except (ValueError, IndexError) as error:
        raise CertificateInvalid(f"{files.certificate}: not a certificate in PEM format") from error
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key, password=_no_password)
    except (OSError, ValueError) as error:
        reason = "not the unencrypted key of the certificate, in PEM format"
        raise CertificateInvalid(f"{files.key}: {reason}") from error
    digest = hashlib.sha256(b"%d:" % len(content) + content + key).hexdigest()[:16]
    return Certificate(files, digest, first.not_valid_after_utc)


def days_left(certificates: Iterable[Certificate], now: float) -> dict[str, float]:
    """By the path of the certificate."""
    moment = datetime.fromtimestamp(now, UTC)
    return {
        str(one.files.certificate): (one.expires_at - moment).total_seconds() / 86_400
        for one in certificates
    }


def _content(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_LARGEST)


def _no_password() -> str:
    raise ValueError("encrypted")
