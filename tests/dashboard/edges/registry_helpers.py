"""Agents of the tests: they join, and sign in with what they made for themselves."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.test import Client
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.edges.registry.join import create_join_token
from routing import sealing
from routing.models import Edge
from routing.snapshot import Snapshot


def by_shell() -> Actor:
    return Actor(actor=None, source="shell", now=timezone.now())


@dataclass
class JoinedAgent:
    """An agent that joins as `name` with its own key and token."""

    name: str = "berlin-1"
    token: str = ""
    key: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)

    def __post_init__(self) -> None:
        self.token = self.token or f"sle_of-{self.name}-with-some-entropy"

    def join(self, secret: str, **changes: str) -> Any:
        body = {
            "credential_sha256": hashlib.sha256(self.token.encode()).hexdigest(),
            "public_key": sealing.public_key_text(self.key),
        }
        return Client(headers={"authorization": f"Bearer {secret}"}).post(
            "/edge/v1/join", json.dumps(body | changes), content_type="application/json"
        )

    def joined(self, **given: Any) -> JoinedAgent:
        created = create_join_token(self.name, by_shell(), **given)
        assert self.join(created.secret).status_code == 200
        return self

    @property
    def edge(self) -> Edge:
        return Edge.with_removed.get(name=self.name)

    def client(self, **headers: str) -> Client:
        return Client(headers={"authorization": f"Bearer {self.token}", **headers})

    def get(self, path: str, **headers: str) -> Any:
        return self.client(**headers).get(f"/edge/v1/{path}")

    def report(self, instance: str = "one", **agent: Any) -> Any:
        facts = {"instance": instance, "host": f"host-of-{instance}", **agent}
        body = json.dumps({"revision": 0, "agent": facts})
        return self.client().post("/edge/v1/reports", body, content_type="application/json")

    def snapshot(self, since: int = 0) -> Snapshot:
        return sealing.open_snapshot(self.get(f"snapshot?since={since}").content, self.key)
