"""Every role × every WebSocket and every file: a new one must say here who may use it."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.test import Client

from dashboard.accounts.models import RANK, Role
from dashboard.accounts.tokens import create_token
from dashboard.asgi import application
from dashboard.playground.models import Entry
from tests.factories import make_deployment, make_user, make_version

PROJECT = Path(__file__).resolve().parents[3]
ROLES = [*Role]
CALLERS = [None, "switched off", *ROLES]
"""None is a stranger."""

#: WebSockets by address: whether a session opens it. The others take a secret of their own.
SOCKETS = {
    "live/": ("/live/", True),
    "workers/<str:name>/log/live": ("/workers/shop/log/live", True),
    "client/v4/tails/<uuid:tail_id>/<str:secret>": (f"/client/v4/tails/{uuid4()}/guess", False),
    "edge/v1/live": ("/edge/v1/live", False),
}
#: Files by the module that writes them: address, and the least role of a session that gets one.
#: None where the scene here has no such file, or no session gets it: strangers are told apart.
EXPORTS = {
    "dashboard/trail/export.py": ("/activity/audit.csv", Role.ADMIN),
    "dashboard/workers/queries/module_text.py": (
        "/workers/shop/versions/{version}/modules/0/",
        Role.VIEWER,
    ),
    "dashboard/playground/affinity/views.py": (
        "/playground/keys/?worker=shop&keys=a&as=csv",
        Role.VIEWER,
    ),
    "dashboard/playground/pages/saved_views.py": ("/playground/r/{entry}/body", Role.VIEWER),
    "dashboard/rollouts/record/views.py": ("/workers/shop/rollouts/{uuid}/record.json", None),
    "dashboard/smoketests/views.py": ("/workers/shop/checks/1/suite.yaml", None),
    "dashboard/storage/pages/kv_views.py": (f"/storage/kv/{uuid4()}/value/content/?name=k", None),
    "dashboard/api/resources/storage/d1_transfer.py": (
        "/client/v4/accounts/a/d1/export/guess",
        None,
    ),
    "dashboard/storage/mail/views.py": ("/storage/mail/1/content/", None),
    "dashboard/storage/r2/views.py": (f"/storage/r2/{uuid4()}/object/content/?name=k", None),
    # Accounts are off here; tests of their rooms get these files.
    "dashboard/workers/cloud/views.py": (
        "/cloudflare/shop-prod/workers/shop/versions/{uuid}/modules/0/",
        None,
    ),
    "dashboard/playground/cloud/views.py": (
        "/cloudflare/shop-prod/playground/sent/{uuid}/body",
        None,
    ),
    "dashboard/api/serializers/module_content.py": (
        "/client/v4/accounts/a/workers/scripts/shop",
        None,
    ),
}


def session_of(caller: str | None) -> Client:
    client = Client()
    if caller is not None:
        off = caller == "switched off"
        user = make_user("caller", Role.ADMIN if off else Role(caller))
        client.force_login(user)
        if off:
            type(user).objects.update(is_active=False)
    return client


def first_answer(path: str, client: Client, **headers: str) -> str:
    """`websocket.accept` or `websocket.close`."""
    cookies = "; ".join(f"{c.key}={c.value}" for c in client.cookies.values())
    given = {"cookie": cookies, "host": "localhost:8000", "origin": "http://localhost:8000"}
    scope = {
        "type": "websocket",
        "path": path,
        "query_string": b"topic=workers",
        "subprotocols": [],
        "headers": [(k.encode(), v.encode()) for k, v in (given | headers).items()],
    }

    async def talk() -> str:
        socket = ApplicationCommunicator(application, scope)
        await socket.send_input({"type": "websocket.connect"})
        answer = await socket.receive_output(10)
        await socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await socket.wait(10)
        return str(answer["type"])

    return async_to_sync(talk)()


def test_every_socket_is_in_the_table():
    """Whatever module of ours has `websocket_urlpatterns`; elsewhere every socket is refused."""
    found = set()
    for file in (PROJECT / "dashboard").rglob("*.py"):
        if re.search(r"^websocket_urlpatterns = ", file.read_text(), re.M):
            name = ".".join(file.relative_to(PROJECT).with_suffix("").parts)
            found |= {str(route.pattern) for route in import_module(name).websocket_urlpatterns}
    assert found == set(SOCKETS)
    assert first_answer("/another/socket", Client()) == "websocket.close"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("caller", CALLERS)
def test_who_opens_a_socket(caller):
    make_deployment(make_version().worker)
    client = session_of(caller)
    for path, by_session in SOCKETS.values():
        let_in = by_session and caller in ROLES
        wanted = "websocket.accept" if let_in else "websocket.close"
        assert first_answer(path, client) == wanted, path


@pytest.mark.django_db(transaction=True)
def test_an_api_token_opens_no_socket_by_itself():
    make_deployment(make_version().worker)
    _, secret = create_token(user=make_user("ada", Role.ADMIN), name="t", scopes=["admin"])
    for path, _ in SOCKETS.values():
        answer = first_answer(path, Client(), authorization=f"Bearer {secret}")
        assert answer == "websocket.close", path


def test_every_file_to_download_is_in_the_table():
    writes = re.compile(r'"Content-Disposition"\]|"Content-Disposition":')
    files = (PROJECT / "dashboard").rglob("*.py")
    modules = {str(f.relative_to(PROJECT)) for f in files if writes.search(f.read_text())}
    assert modules == set(EXPORTS)


@pytest.mark.django_db
@pytest.mark.parametrize("caller", CALLERS)
def test_who_gets_a_file(caller):
    version, other = make_version(), make_version()
    make_deployment(version.worker, (version, 50), (other, 50))
    sender = make_user("sender")
    entry = Entry.objects.create(
        person=sender, worker="shop", method="GET", path="/", status=200, body=b"x"
    )
    client = session_of(caller)
    for module, (place, least) in EXPORTS.items():
        address = place.format(version=version.id, entry=entry.pk, uuid=uuid4())
        answer = client.get(address)
        if caller not in ROLES:
            refusal = 400 if place.startswith("/client/") else 302
            assert answer.status_code == refusal, module
        elif least is None:  # nothing there for a session
            assert answer.status_code in (400, 403, 404), module
        elif RANK[Role(caller)] < RANK[least]:
            assert answer.status_code == 403, module
        else:
            assert answer.status_code == 200, module
            assert answer["Content-Disposition"].startswith("attachment; filename"), module
