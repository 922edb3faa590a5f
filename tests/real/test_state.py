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


R2_CODE = """export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const key = url.searchParams.get("key");
    try {
      if (url.pathname === "/put") return Response.json(await env.PHOTOS.put(key, request.body));
      if (url.pathname === "/parts") {
        const upload = await env.PHOTOS.createMultipartUpload(key, { customMetadata: { a: "1" } });
        const resumed = env.PHOTOS.resumeMultipartUpload(key, upload.uploadId);
        const parts = [await resumed.uploadPart(1, new Uint8Array(5 << 20).fill(1))];
        parts.push(await upload.uploadPart(2, "end"));
        const { size } = await upload.complete(parts);
        const tail = await env.PHOTOS.get(key, { range: { suffix: 4 } });
        return Response.json([size, [...new Uint8Array(await tail.arrayBuffer())]]);
      }
      if (url.pathname === "/if") {
        const { etag } = await env.PHOTOS.put("if", "one");
        const refused = await env.PHOTOS.put("if", "two", { onlyIf: { etagMatches: "other" } });
        const bare = await env.PHOTOS.get("if", { onlyIf: { etagDoesNotMatch: etag } });
        return Response.json([refused, "body" in bare && bare.body !== undefined]);
      }
      const object = await env.PHOTOS.get(key, { range: request.headers });
      return object ? new Response(object.body) : new Response("none", { status: 404 });
    } catch (error) {
      return new Response(String(error), { status: 503 });
    }
  },
};
"""


def test_a_bucket_that_wrangler_makes_at_deploy(system, tmp_path):
    (tmp_path / "index.js").write_text(R2_CODE)
    buckets = [{"binding": "PHOTOS", "bucket_name": "photos"}]
    settings = SETTINGS | {"name": "gallery", "r2_buckets": buckets}
    (tmp_path / "wrangler.json").write_text(json.dumps(settings))
    run(system, tmp_path, "deploy")
    assert eventually(lambda: system.get("gallery", "/?key=x").text == "none", 20)
    assert "photos" in run(system, tmp_path, "r2", "bucket", "list")

    (tmp_path / "photo.bin").write_bytes(content := bytes(range(256)) * 40_000)
    path, given = "photos/a/photo.bin", ("--file", "photo.bin", "--remote")
    run(system, tmp_path, "r2", "object", "put", path, *given)
    assert system.get("gallery", "/?key=a/photo.bin").content == content
    assert system.get("gallery", "/?key=a/photo.bin", Range="bytes=1-3").content == b"\x01\x02\x03"
    assert system.get("gallery", "/parts?key=big").json() == [(5 << 20) + 3, [1, *b"end"]]
    assert system.get("gallery", "/if").json() == [None, False]
    (tmp_path / "photo.bin").unlink()
    run(system, tmp_path, "r2", "object", "get", path, *given)
    assert (tmp_path / "photo.bin").read_bytes() == content
    run(system, tmp_path, "r2", "object", "delete", path, "--remote")
    assert system.get("gallery", "/?key=a/photo.bin").text == "none"
    assert run(system, tmp_path, "r2", "bucket", "create", "other")
    assert run(system, tmp_path, "r2", "bucket", "delete", "other")
