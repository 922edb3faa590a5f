"""Values of stored secrets: who gets which, and how a running version reads a new one."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from routing.agent.answers import control_socket
from routing.agent.answers.control_socket import Control
from routing.agent.answers.stored_secrets import StoredSecrets
from routing.agent.base.capnp_config import encode, runtime
from routing.agent.base.unix_http_server import Request
from routing.agent.users.peers import Peer
from routing.compile import names
from routing.compile.workerd import config as workerd
from routing.compile.workerd.binding_types.stored_secrets import PATH
from routing.rules.split import TOTAL
from routing.snapshot import EMPTY, BindingSpec, ModuleSpec, Secret
from tests.real.version_process import serve_version, stop
from tests.routing.compile.cases import make_version, make_worker

OPTIONS = {"store_id": "0" * 32, "secret_name": "STRIPE"}
PEER = Peer(7, 7, 7)


def bound(value, name="KEY"):
    secret = Secret(value) if value is not None else None
    return BindingSpec(name=name, type="secrets_store_secret", options=OPTIONS, secret=secret)


def snapshot(version, worker="shop"):
    return replace(EMPTY, workers=(make_worker(worker, (version, TOTAL)),))


def ask(secrets, version, name="KEY", peer=PEER):
    headers = [(b"x-edge-version", version.id.encode()), (b"x-edge-binding", name.encode())]
    answer = secrets.answer(Request("GET", PATH, headers, peer=peer))
    return answer.body.decode() if answer.status == 200 else answer.status


def test_a_version_gets_its_own_secrets_and_no_other():
    one = make_version(1, bindings=(bound("first"), bound(None, "GONE")))
    two = make_version(2, bindings=(bound("other worker's"),))
    processes = {}
    secrets = StoredSecrets(lambda: processes, lambda version_id, peer: peer == PEER)
    both = replace(
        EMPTY, workers=(make_worker("shop", (one, TOTAL)), make_worker("blog", (two, TOTAL)))
    )
    secrets.update_snapshots(both, both)
    assert ask(secrets, one) == "first" and ask(secrets, two) == "other worker's"
    assert ask(secrets, one, "GONE") == 404 and ask(secrets, one, "PASSWORD") == 404
    assert ask(secrets, one, peer=Peer(8, 8, 8)) == 403 and ask(secrets, one, peer=None) == 403


def test_bindings_that_are_no_stored_secrets_are_never_given_away():
    plain = BindingSpec(name="TOKEN", type="secret_text", secret=Secret("plain"))
    version = make_version(1, bindings=(plain,))
    processes = {version.id: SimpleNamespace(version=version)}
    secrets = StoredSecrets(lambda: processes, lambda version_id, peer: True)
    secrets.update_snapshots(EMPTY, snapshot(version))
    assert ask(secrets, version, "TOKEN") == 404


def test_the_newest_snapshot_counts_and_a_preview_has_what_it_started_with():
    old, new = (make_version(1, bindings=(bound(value),)) for value in ("old", "new"))
    preview = make_version(3, bindings=(bound("of the preview"),))
    processes = {preview.id: SimpleNamespace(version=preview)}
    secrets = StoredSecrets(lambda: processes, lambda version_id, peer: True)
    secrets.update_snapshots(snapshot(old), snapshot(new))
    assert ask(secrets, old) == "new" and ask(secrets, preview) == "of the preview"


CODE = b"""export default {
  async fetch(request, env) {
    try { return new Response(await env.KEY.get()); }
    catch (error) { return new Response(error.message, { status: 404 }); }
  },
};
"""


@pytest.mark.slow
def test_a_running_version_reads_a_new_value_and_outlives_the_agent(monkeypatch):
    """The real runtime, with the agent's socket."""
    module = ModuleSpec(
        name="m.js",
        content_type="application/javascript+module",
        sha256=hashlib.sha256(CODE).hexdigest(),
        size=len(CODE),
    )
    fields = {"modules": (module,), "main_module": "m.js", "exports": ()}

    def version(value):
        return make_version(1, bindings=(bound(value),), **fields)

    async def check(folder):
        secrets = StoredSecrets(dict, lambda version_id, peer: peer.uid == os.getuid())
        server = control_socket.serve(Control(lambda path: {}, None, secrets.answer))
        started = version("at the start")
        contents = {module.sha256: CODE}
        config = workerd.config("shop", started, contents, slot=0, runtime=runtime(), tail=False)
        process = serve_version(folder, started, encode(config), None)
        transport = httpx.AsyncHTTPTransport(uds=names.socket_file(started.id, names.socket()))
        async with httpx.AsyncClient(transport=transport, base_url="http://w") as client:

            async def until(text):
                async with asyncio.timeout(20):
                    while (await client.get("/")).text != text:
                        await asyncio.sleep(0.1)

            try:
                await until("at the start")  # without an agent
                secrets.update_snapshots(EMPTY, snapshot(version("first")))
                await server.start()
                await until("first")
                secrets.update_snapshots(EMPTY, snapshot(version("rotated")))
                await until("rotated")
                server.stop()
                await asyncio.sleep(1.2)
                await until("rotated")
                await server.start()
                secrets.update_snapshots(EMPTY, snapshot(version(None)))
                await until('Secret "STRIPE" not found')
            finally:
                stop(process)
                server.stop()

    with tempfile.TemporaryDirectory(prefix="sluice-") as made:
        monkeypatch.chdir(made)
        for name in ("log", "v"):
            (Path(made) / name).mkdir()
        asyncio.run(check(Path(made)))
