"""The token that the agent signs in with, and where it comes from."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from routing.agent.base import edge_folder
from routing.agent.variables import is_token
from routing.snapshot import Secret

log = logging.getLogger("edge")

CREDENTIALS = Path("credentials.json")
"""Of an edge that has joined, in its folder."""
_LOOK_SECONDS = 1.0


class TokenSource(Protocol):
    @property
    def name(self) -> str:
        """The edge's name at the control plane, "" if unknown."""

    @property
    def is_renewable(self) -> bool:
        """Whether the agent can store a new token by itself."""

    def current(self) -> Secret: ...

    def renew(self, token: Secret) -> None:
        """Stores a new token. Raises `OSError`; the old one stays then."""

    def rename(self, name: str) -> None:
        """Stores a new name, for the next start. Raises `OSError`."""


class ConfiguredToken:
    """In SLUICE_EDGE_TOKEN."""

    name, is_renewable = "", False

    def __init__(self, token: Secret) -> None:
        self._token = token

    def current(self) -> Secret:
        return self._token

    def renew(self, token: Secret) -> None:
        pass

    def rename(self, name: str) -> None:
        pass


class TokenFile(ConfiguredToken):
    """In the file SLUICE_EDGE_TOKEN_FILE, which is read again when it changes."""

    def __init__(
        self, path: Path, token: Secret, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(token)
        self._path, self._clock = path, clock
        self._looked_at, self._seen = clock(), _stamp(path)

    def current(self) -> Secret:
        if self._clock() - self._looked_at > _LOOK_SECONDS:
            self._looked_at = self._clock()
            self._read_if_changed()
        return self._token

    def _read_if_changed(self) -> None:
        stamp = _stamp(self._path)
        if stamp is None or stamp == self._seen:
            return
        self._seen = stamp
        try:
            text = self._path.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            log.error("%s cannot be read: %s; the earlier token stays in use", self._path, error)
            return
        if not is_token(text):
            log.error("%s contains no token; the earlier one stays in use", self._path)
        elif text != self._token.reveal():
            self._token = Secret(text)
            log.info("using the new token in %s", self._path)


class Credentials(msgspec.Struct):
    """`join_sha256` is the hash of the join token, which is used only once."""

    token: str
    join_sha256: str
    name: str = ""


class JoinedToken:
    """In `CREDENTIALS`, from a join."""

    is_renewable = True

    def __init__(self, credentials: Credentials, path: Path = CREDENTIALS) -> None:
        self._credentials, self._path = credentials, path

    @property
    def name(self) -> str:
        return self._credentials.name

    def current(self) -> Secret:
        return Secret(self._credentials.token)

    def renew(self, token: Secret) -> None:
        self._store(msgspec.structs.replace(self._credentials, token=token.reveal()))

    def rename(self, name: str) -> None:
        self._store(msgspec.structs.replace(self._credentials, name=name))

    def _store(self, credentials: Credentials) -> None:
        write_credentials(credentials, self._path)
        self._credentials = credentials


def new_token() -> str:
    return "sle_" + secrets.token_urlsafe(32)


def read_credentials(path: Path = CREDENTIALS) -> Credentials | None:
    """None without a file. Raises `ValueError` if it is damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Credentials)
    except FileNotFoundError:
        return None


def write_credentials(credentials: Credentials, path: Path = CREDENTIALS) -> None:
    """Raises `OSError`."""
    edge_folder.write(path, msgspec.json.encode(credentials), durable=True)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Changes with the file's content, also if a link is replaced, as Kubernetes does."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size
