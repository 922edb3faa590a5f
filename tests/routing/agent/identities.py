"""Identities of agents under test, without files."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from routing.agent.base.transport import TlsFiles, Transport
from routing.agent.identity.identity import Identity
from routing.agent.identity.tokens import ConfiguredToken, TokenSource
from routing.snapshot import Secret


def make_identity(token: str = "sle_of-a-test", tokens: TokenSource | None = None) -> Identity:
    return Identity(
        key=X25519PrivateKey.generate(),
        tokens=tokens or ConfiguredToken(Secret(token)),
        transport=Transport("http://127.0.0.1", TlsFiles()),
    )
