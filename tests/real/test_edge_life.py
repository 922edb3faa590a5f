"""An edge from its join to its removal: a real agent, a real control plane, a real nginx that
verifies client certificates."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from benchmarks.base.authority import Authority
from tests.eventually import eventually
from tests.real import nginx
from tests.real.agent import Agent
from tests.real.control_plane import ControlPlane, control_plane
from tests.real.mutual_tls import HEADER, mutual_tls

pytestmark = pytest.mark.real
CODE = "export default { fetch: (_, env) => new Response(env.PASSWORD) }"
DEPLOY = f"""
from routing.control.edge_groups import set_worker_groups
from routing.snapshot import BindingSpec, Secret
from tests.factories import make_deployment, make_draft, make_version
secret = BindingSpec(name="PASSWORD", type="secret_text", secret=Secret("hunter2"))
for name, groups in (("shop", ["eu"]), ("elsewhere", ["us"])):
    version = make_version(name, make_draft({CODE.encode()!r}, (secret,)))
    make_deployment(version.worker)
    set_worker_groups(version.worker, groups, actor=None, source="t", now=version.created_on)
"""


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    nginx.require()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SLUICE_EDGE_CERT_HEADER", HEADER)
        with control_plane(tmp_path_factory.mktemp("plane") / "a") as plane:
            yield plane


def credentials(agent: Agent) -> dict[str, Any]:
    return dict(json.loads((agent.folder / "credentials.json").read_bytes()))


def join_token(plane: ControlPlane, name: str) -> str:
    return plane.manage("edge", "add", "--name", name, "--group", "eu").split()[-1]


def test_an_edge_joins_serves_secrets_drains_renews_and_is_removed(
    plane: ControlPlane, tmp_path: Path
) -> None:
    plane.manage("shell", "-v0", "-c", DEPLOY)
    authority = Authority(tmp_path / "tls")
    certificate, key = authority.issue("edge-1")
    with mutual_tls(authority, plane.port) as url:
        agent = Agent(
            tmp_path,
            SimpleNamespace(url=url),  # type: ignore[arg-type]
            SLUICE_EDGE_JOIN_TOKEN=join_token(plane, "berlin-1"),
            SLUICE_CONTROL_CA_FILE=str(authority.folder / "ca.pem"),
            SLUICE_EDGE_CERT_FILE=str(certificate),
            SLUICE_EDGE_CERT_KEY_FILE=str(key),
        )
        del agent.environ["SLUICE_EDGE_TOKEN"]
        try:
            _lives(plane, agent.start(), url, authority)
        finally:
            if agent.process is not None and agent.process.poll() is None:
                agent.stop()
        assert agent.process.returncode == 3


def _lives(plane: ControlPlane, agent: Agent, url: str, authority: Authority) -> None:
    agent.serves("shop", "hunter2", 60)
    agent.answers("elsewhere", 404)
    token = credentials(agent)["token"]
    assert credentials(agent)["name"] == "berlin-1"
    snapshot = _snapshot(url, authority, token)
    assert b'"shop"' in snapshot and b"hunter2" not in snapshot and b"elsewhere" not in snapshot
    assert b"hunter2" not in (agent.folder / "snapshot.json").read_bytes()
    _refused_without_certificate(plane, url, authority, token)

    plane.manage("edge", "drain", "--name", "berlin-1")
    eventually(lambda: agent.status().get("is_draining") is True, 20)
    plane.manage("edge", "undrain", "--name", "berlin-1")
    eventually(lambda: agent.status().get("is_draining") is False, 20)

    plane.manage("edge", "renew-token", "--name", "berlin-1")
    eventually(lambda: credentials(agent)["token"] != token, 30)
    (row,) = json.loads(plane.manage("edge", "list", "--json"))
    assert row["has_key"] and row["agent_version"] and abs(row["clock_offset_ms"]) < 2000

    plane.manage("edge", "remove", "--name", "berlin-1")
    assert agent.process is not None and agent.process.wait(60) == 3
    assert "was removed from the control plane" in agent.said()
    left = {path.name for path in agent.folder.iterdir()}
    assert not left & {"credentials.json", "edge_key", "snapshot.json", "snapshot.earlier.json"}
    with pytest.raises(OSError):
        agent.get("shop", timeout=2)


def _snapshot(url: str, authority: Authority, token: str) -> bytes:
    """What a thief of the token gets, with the edge's certificate and without its key."""
    context = ssl.create_default_context(cafile=authority.folder / "ca.pem")
    context.load_cert_chain(authority.folder / "edge-1.pem", authority.folder / "edge-1.key")
    headers = {"authorization": f"Bearer {token}"}
    answer = httpx.get(f"{url}/edge/v1/snapshot?since=0", headers=headers, verify=context)
    assert answer.status_code == 200
    return answer.content


def _refused_without_certificate(
    plane: ControlPlane, url: str, authority: Authority, token: str
) -> None:
    headers = {"authorization": f"Bearer {token}"}
    context = ssl.create_default_context(cafile=authority.folder / "ca.pem")
    path = "/edge/v1/snapshot?since=0"
    assert httpx.get(url + path, headers=headers, verify=context).status_code == 400
    direct = httpx.get(f"http://127.0.0.1:{plane.port}{path}", headers=headers)
    assert (direct.status_code, direct.json()["code"]) == (403, "certificate_refused")
    authority.issue("edge-2")
    context.load_cert_chain(authority.folder / "edge-2.pem", authority.folder / "edge-2.key")
    assert httpx.get(url + path, headers=headers, verify=context).status_code == 403


def test_a_used_or_unknown_join_token_ends_the_agent_with_one_line(
    plane: ControlPlane, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{plane.port}"
    agent = Agent(
        tmp_path,
        SimpleNamespace(url=url),  # type: ignore[arg-type]
        SLUICE_EDGE_JOIN_TOKEN="slj_that-nobody-made",
    )
    del agent.environ["SLUICE_EDGE_TOKEN"]
    agent.start()
    assert agent.process is not None and agent.process.wait(60) == 2
    assert "The edge cannot join" in agent.said() and "Traceback" not in agent.said()
