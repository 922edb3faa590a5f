"""The other side is this Sluice's own API, called without a socket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from dashboard import misbehavior
from dashboard.accounts.models import Role
from dashboard.accounts.tokens import create_token
from dashboard.cloud.client.calls import CloudClient
from dashboard.cloud.client.request import Connection
from dashboard.egress.client import EgressResponse, SendFailed
from routing.snapshot import Secret
from tests.factories import make_user

BASE = "https://api.test/client/v4"


@dataclass
class OtherSide:
    """Sends requests to Django's test client. `fail_next` is raised instead of the next answer,
    after the request took effect if `after_effect`."""

    token: str
    sent: list[tuple[str, str]] = field(default_factory=list)
    fail_next: SendFailed | None = None
    after_effect: bool = False

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> EgressResponse:
        assert url.startswith(BASE), url
        path = url.removeprefix("https://api.test")
        self.sent.append((method, path))
        failure, self.fail_next = self.fail_next, None
        if failure and not self.after_effect:
            raise failure
        kind = headers.get("Content-Type", "application/json")
        response = Client().generic(method, path, body, kind, headers=dict(headers))
        if failure:
            raise failure
        answered = {name.lower(): value for name, value in response.headers.items()}
        return EgressResponse(response.status_code, response.content.decode(), headers=answered)

    def client(self, **given: Any) -> CloudClient:
        connection = Connection(BASE, django_settings.ACCOUNT_ID, Secret(self.token))
        return CloudClient(connection, send=self.send, **given)


@pytest.fixture(autouse=True)
def cloud_on(settings: Any) -> None:
    settings.CLOUD_HOSTS = frozenset({"api.test"})


@pytest.fixture
def other(db: None) -> OtherSide:
    """Another Sluice and a token of an operator there."""
    _, secret = create_token(
        user=make_user("lena", Role.OPERATOR), name="sluice", scopes=["read", "deploy"]
    )
    return OtherSide(secret)


@pytest.fixture
def misbehave(settings: Any, tmp_path: Any) -> Any:
    """Switches exactly these faults of the other side on."""
    import json

    settings.MISBEHAVIOR_FILE = tmp_path / "faults.json"
    misbehavior._deployed_at.clear()

    def switch(**faults: Any) -> None:
        misbehavior._read.clear()
        settings.MISBEHAVIOR_FILE.write_text(json.dumps(faults))

    return switch
