"""Exchanges a join token for credentials, once.

The agent makes its token and key first and stores them, then sends a hash and the public key. So a
lost answer is repeated with the same ones, and neither the token nor the key travels.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
from http import HTTPStatus
from pathlib import Path

import aiohttp
import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from routing import sealing
from routing.agent.base.backoff import Backoff, jittered
from routing.agent.base.transport import Transport, error_body
from routing.agent.identity.tokens import (
    CREDENTIALS,
    Credentials,
    new_token,
    read_credentials,
    write_credentials,
)
from routing.snapshot import Secret
from routing.version import USER_AGENT

log = logging.getLogger("edge")

JOINING = Path("joining.json")
"""Credentials whose join has not been confirmed."""
_TRY_AGAIN_SECONDS = 5.0
_FINAL = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.CONFLICT,
    HTTPStatus.GONE,
)


class JoinRefused(Exception):
    """The control plane refused the join token; the message says why."""


class _Joined(msgspec.Struct):
    name: str


def has_used(token: Secret) -> bool:
    """Whether this edge joined with that token before."""
    credentials = read_credentials()
    return credentials is not None and credentials.join_sha256 == _hash(token.reveal())


async def join(url: str, token: Secret, key: X25519PrivateKey, transport: Transport) -> None:
    """Writes `CREDENTIALS`. Retries while the control plane is unavailable. Raises
    `JoinRefused`."""
    credentials = _prepared(token)
    backoff = Backoff(first=0.5, most=_TRY_AGAIN_SECONDS)
    connector = aiohttp.TCPConnector(ssl=transport.context)
    headers = {"Authorization": f"Bearer {token.reveal()}", "User-Agent": USER_AGENT}
    body = {
        "credential_sha256": _hash(credentials.token),
        "public_key": sealing.public_key_text(key),
    }
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        while True:
            try:
                name = await _exchange(session, url, body)
                break
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
                log.warning("cannot join yet: %s", str(error) or type(error).__name__)
            await asyncio.sleep(jittered(backoff.failed(), random.random()))
    write_credentials(msgspec.structs.replace(credentials, name=name), CREDENTIALS)
    JOINING.unlink(missing_ok=True)
    log.info("joined as %s", name)


def _prepared(token: Secret) -> Credentials:
    join_sha256 = _hash(token.reveal())
    credentials = read_credentials(JOINING)
    if credentials is None or credentials.join_sha256 != join_sha256:
        credentials = Credentials(token=new_token(), join_sha256=join_sha256)
        write_credentials(credentials, JOINING)
    return credentials


async def _exchange(session: aiohttp.ClientSession, url: str, body: dict[str, str]) -> str:
    timeout = aiohttp.ClientTimeout(total=20, sock_connect=5)
    async with session.post(f"{url}/edge/v1/join", json=body, timeout=timeout) as response:
        content = await response.read()
    if response.status in _FINAL:
        raise JoinRefused(error_body(content).error or f"it answered {response.status}")
    if response.status != HTTPStatus.OK:
        raise ValueError(f"it answered {response.status}")
    return msgspec.json.decode(content, type=_Joined).name


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
