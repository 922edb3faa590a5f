"""The way to the control plane: TLS, its CA, a client certificate, and the body of a refusal."""

from __future__ import annotations

import ipaddress
import logging
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

log = logging.getLogger("edge")

_LONGEST_ERROR = 500


class TlsFilesInvalid(Exception):
    """The message names the variable and the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """None for the system's CAs, and for no client certificate."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @property
    def all(self) -> tuple[Path, ...]:
        return tuple(path for path in (self.ca, self.certificate, self.key) if path)


class Transport:
    """A TLS context that follows its files: certificates are renewed while the agent runs."""

    def __init__(self, url: str, files: TlsFiles) -> None:
        """Raises `TlsFilesInvalid`."""
        self.is_https = urlsplit(url).scheme == "https"
        self.is_plain_http = is_plain_http(url)
        self._files, self._seen = files, _stamps(files)
        self.context = ssl.create_default_context()
        if self.is_https:
            _load(self.context, files)

    def follow_files(self) -> None:
        """New connections use the changed files. Broken ones are logged, and looked at again."""
        stamps = _stamps(self._files)
        if stamps == self._seen or not self.is_https:
            return
        try:
            _load(self.context, self._files)
        except TlsFilesInvalid as error:
            log.error("%s; the earlier certificate stays in use", error)
            return
        self._seen = stamps
        log.info("using the changed TLS files")


class ErrorBody(msgspec.Struct):
    """The body of a refusal; `code` is for programs."""

    error: str = ""
    code: str = ""


def error_body(content: bytes) -> ErrorBody:
    """Empty if it is something else, as of a proxy."""
    try:
        body = msgspec.json.decode(content, type=ErrorBody)
    except ValueError:
        return ErrorBody()
    return ErrorBody(body.error[:_LONGEST_ERROR], body.code)


def is_plain_http(url: str) -> bool:
    """Whether the token would travel unencrypted to another machine."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not _is_loopback(parts.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _load(context: ssl.SSLContext, files: TlsFiles) -> None:
    if files.ca is not None:
        try:
            context.load_verify_locations(files.ca)
        except OSError as error:
            raise TlsFilesInvalid(f"SLUICE_CONTROL_CA_FILE={str(files.ca)!r}: {error}") from error
    if files.certificate is not None:
        try:
            context.load_cert_chain(files.certificate, files.key)
        except OSError as error:
            given = f"SLUICE_EDGE_CERT_FILE={str(files.certificate)!r}"
            if files.key:
                given += f", SLUICE_EDGE_CERT_KEY_FILE={str(files.key)!r}"
            raise TlsFilesInvalid(f"{given}: {error}") from error


def _stamps(files: TlsFiles) -> tuple[int, ...]:
    stamps = []
    for path in files.all:
        try:
            stamps.append(path.stat().st_mtime_ns)
        except OSError:
            stamps.append(0)
    return tuple(stamps)
