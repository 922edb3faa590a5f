"""A client of the API that reads the envelope, and the people whose tokens it sends."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from dashboard.accounts.models import Role, User
from dashboard.accounts.tokens import create_token
from routing.control.upload import upload_version
from tests.factories import CODE, make_user, says_fine

ESM = "application/javascript+module"
METADATA = {"main_module": "index.js", "compatibility_date": "2026-08-01", "bindings": []}
BOUNDARY = "----formdata-undici-069854588708"


@dataclass
class Answer:
    """A response whose body is an envelope."""

    response: HttpResponse

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def envelope(self) -> dict[str, Any]:
        return json.loads(self.response.content)

    @property
    def result(self) -> Any:
        assert self.envelope["success"], self.envelope["errors"]
        return self.envelope["result"]

    @property
    def refusal(self) -> tuple[int, int]:
        """Status and first code; checks that this is a whole failure envelope."""
        envelope = self.envelope
        assert envelope["success"] is False and envelope["result"] is None
        assert envelope["messages"] == [] and envelope["errors"]
        return self.status, envelope["errors"][0]["code"]

    @property
    def message(self) -> str:
        return " ".join(error["message"] for error in self.envelope["errors"])


class Api:
    """Calls with one person's token; paths are those after the account."""

    def __init__(self, user: User, scopes: list[str], agent: str = "wrangler/4.164.0") -> None:
        self.token, self.secret = create_token(user=user, name="t", scopes=scopes)
        self.headers = {"Authorization": f"Bearer {self.secret}", "User-Agent": agent}
        self.client = Client(enforce_csrf_checks=True)

    def raw(
        self, method: str, path: str, body: Any = b"", prefix: str = "/client/v4", **extra: Any
    ) -> HttpResponse:
        content_type = extra.pop("content_type", "application/json")
        headers = self.headers | extra.pop("headers", {})
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.generic(
            method, f"{prefix}{path}", data, content_type, headers=headers, **extra
        )

    def __call__(self, method: str, path: str, body: Any = b"", **extra: Any) -> Answer:
        """A call below the account."""
        return Answer(self.raw(method, f"/accounts/{settings.ACCOUNT_ID}{path}", body, **extra))

    def put(self, name: str = "shop", metadata: Any = None, *parts: Any, **extra: Any) -> Answer:
        """`wrangler deploy` of a new Worker."""
        return self._upload("PUT", f"/workers/scripts/{name}", metadata, parts, **extra)

    def post(self, name: str = "shop", metadata: Any = None, *parts: Any, **extra: Any) -> Answer:
        """`wrangler versions upload`."""
        return self._upload("POST", f"/workers/scripts/{name}/versions", metadata, parts, **extra)

    def _upload(
        self, method: str, path: str, metadata: Any, parts: Any, query: str = "", **extra: Any
    ) -> Answer:
        body = form(METADATA if metadata is None else metadata, *parts)
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        return self(method, path + query, body, content_type=kind, **extra)


def part(name: str, content: bytes = CODE, kind: str = ESM, filename: str | None = "") -> bytes:
    """One module as wrangler sends it: file name and part name are the same."""
    filename = name if filename == "" else filename
    file = "" if filename is None else f'; filename="{filename}"'
    head = f'Content-Disposition: form-data; name="{name}"{file}\r\nContent-Type: {kind}\r\n\r\n'
    return head.encode() + content


def form(metadata: Any, *parts: bytes) -> bytes:
    """A multipart body; without parts it has one module, index.js."""
    raw = metadata if isinstance(metadata, bytes) else json.dumps(metadata).encode()
    first = b'Content-Disposition: form-data; name="metadata"\r\n\r\n' + raw
    pieces = [first, *(parts or (part("index.js"),))]
    body = b"".join(b"--" + BOUNDARY.encode() + b"\r\n" + p + b"\r\n" for p in pieces)
    return body + b"--" + BOUNDARY.encode() + b"--\r\n"


@pytest.fixture(autouse=True)
def runtime_says_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started here; tests/real does that."""
    monkeypatch.setitem(upload_version.__kwdefaults__, "inspect", says_fine)


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """No test here signs in by password, so hashing for half a second is not needed."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def alice(db: None) -> User:
    return make_user("alice", Role.ADMIN)


@pytest.fixture
def api(alice: User) -> Api:
    """Alice, with every scope, through wrangler."""
    return Api(alice, ["read", "deploy", "admin"])


@pytest.fixture
def shop(api: Api) -> Api:
    """`api`, and the Worker "shop"."""
    api.put()
    return api
