"""Namespaces: deployed by unmodified wrangler, used by Workers through the real state process."""

from __future__ import annotations

import json

import pytest

from tests.eventually import eventually
from tests.real.tailing import wrangler
from tests.running import System, free_port

pytestmark = pytest.mark.real
CODE = """export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const key = url.searchParams.get("key");
    try {
      if (url.pathname === "/put") {
        const metadata = { at: "worker" };
        await env.DATA.put(key, url.searchParams.get("value"), { metadata });
        return new Response("stored");
      }
      if (url.pathname === "/get") return Response.json(await env.DATA.getWithMetadata(key));
      if (url.pathname === "/list") return Response.json(await env.DATA.list({ prefix: key }));
      return new Response("ready " + Object.keys(env).join() + typeof env.DATA.fetch);
    } catch (error) {
      return new Response(String(error), { status: 503 });
    }
  },
};
"""
SETTINGS = {"name": "shop", "main": "index.js", "compatibility_date": "2026-08-01"}


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    made = System(tmp_path_factory.mktemp("state"), environment={"SLUICE_DEMO": "0"}).start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def shop(system, tmp_path_factory):
    """A project whose namespace wrangler creates at its first deploy."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "index.js").write_text(CODE)
    settings = SETTINGS | {"kv_namespaces": [{"binding": "DATA"}]}
    (folder / "wrangler.json").write_text(json.dumps(settings))
    run(system, folder, "deploy")
    assert eventually(lambda: system.get("shop").text == "ready DATAundefined", 20)
    return folder


def run(system, project, *arguments):
    return wrangler(system, project, f"http://127.0.0.1:{free_port()}", *arguments)


def namespace_id(system):
    [namespace] = system.api("GET", "/storage/kv/namespaces").json()["result"]
    return namespace["id"]


def state_pid(system):
    """The pid of the state process, below the server that supervises it."""
    children = json.loads((system.data_dir / "processes.json").read_text())
    server = children["children"]["state"]["pid"]
    with open(f"/proc/{server}/task/{server}/children") as listed:
        return int(listed.read().split()[0])


def test_a_worker_and_wrangler_use_the_same_namespace(system, shop):
    assert system.get("shop", "/put?key=a/b&value=1").text == "stored"
    key = ["kv", "key", "get", "a/b", "--binding", "DATA", "--remote", "--text"]
    assert run(system, shop, *key).strip().endswith("1")
    system.api("PUT", f"/storage/kv/namespaces/{namespace_id(system)}/values/c", content=b"2")
    assert system.get("shop", "/get?key=c").json() == {
        "value": "2",
        "metadata": None,
        "cacheStatus": "MISS",
    }
    assert [k["name"] for k in system.get("shop", "/list?key=a").json()["keys"]] == ["a/b"]
