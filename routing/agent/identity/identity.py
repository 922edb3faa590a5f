"""The key and the token in use, and this start of the agent."""

from __future__ import annotations

import logging
import secrets
import socket
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from routing import sealing
from routing.agent.base.transport import Transport
from routing.agent.config import Config
from routing.agent.identity import join, key_file
from routing.agent.identity.tokens import (
    ConfiguredToken,
    JoinedToken,
    TokenFile,
    TokenSource,
    read_credentials,
)
from routing.snapshot import Secret

log = logging.getLogger("edge")

DEFAULT_NAME = "local-1"
"""Of an edge without a name in its settings and from its join."""
KEY_HEADER = "Sluice-Edge-Key"


class NoCredentials(Exception):
    """The edge has neither a token nor credentials from a join."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """`instance` differs for each start of an agent: two at the same time share a token. A key that
    could not be stored, on a full disk, is not announced: the next start has another."""

    key: X25519PrivateKey
    tokens: TokenSource
    transport: Transport
    is_key_stored: bool = True
    instance: str = field(default_factory=lambda: secrets.token_hex(8))
    host: str = field(default_factory=socket.gethostname)

    def headers(self) -> dict[str, str]:
        """For each request to the control plane."""
        headers = {"Authorization": f"Bearer {self.tokens.current().reveal()}"}
        if self.is_key_stored:
            headers[KEY_HEADER] = sealing.public_key_text(self.key)
        return headers

    def file_keys(self) -> tuple[bytes, ...]:
        """Keys of encrypted files in the edge's folder: the one in use, and the one that earlier
        releases used."""
        token = self.tokens.current().reveal().encode()
        return (self.key.private_bytes_raw(), token) if self.is_key_stored else (token,)


async def establish(config: Config) -> Identity:
    """In the edge's folder: creates the key, joins if that is due. Raises `JoinRefused`,
    `NoCredentials`, `KeyFileInvalid`, `TlsFilesInvalid` and `OSError`."""
    if config.token is None and config.join_token is not None:
        await _join(config, config.join_token)
    return of_config(config)


def of_config(config: Config) -> Identity:
    """The identity of an edge that need not join. Raises as `establish`."""
    tokens = _token_source(config)
    transport = Transport(config.control_url, config.tls)
    try:
        key = key_file.load_or_create(config.key_file or key_file.DEFAULT)
    except OSError as error:
        if tokens.is_renewable:
            raise
        log.error("the edge's key cannot be stored: %s; the next start tries again", error.strerror)
        return Identity(
            key=X25519PrivateKey.generate(),
            tokens=tokens,
            transport=transport,
            is_key_stored=False,
        )
    return Identity(key=key, tokens=tokens, transport=transport)


async def _join(config: Config, join_token: Secret) -> None:
    if join.has_used(join_token):
        return
    key = key_file.load_or_create(config.key_file or key_file.DEFAULT)
    transport = Transport(config.control_url, config.tls)
    try:
        await join.join(config.control_url, join_token, key, transport)
    except join.JoinRefused as error:
        if read_credentials() is None:
            raise
        log.warning("cannot join again: %s Serving with the earlier credentials.", error)


def _token_source(config: Config) -> TokenSource:
    if config.token is not None and config.token_file is not None:
        return TokenFile(config.token_file, config.token)
    if config.token is not None:
        return ConfiguredToken(config.token)
    credentials = read_credentials()
    if credentials is None:
        raise NoCredentials
    return JoinedToken(credentials)
