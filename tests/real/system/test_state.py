"""Namespaces: deployed by unmodified wrangler, used by Workers through the real state process."""

from __future__ import annotations

import json
import re
from base64 import b64decode

import httpx
import pytest

from tests.eventually import eventually
from tests.real.tailing import wrangler
from tests.running import free_port

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
SETTINGS = {"name": "notes", "main": "index.js", "compatibility_date": "2026-08-01"}


@pytest.fixture(scope="module")
def notes(system, tmp_path_factory):
    """A project whose namespace wrangler creates at its first deploy."""
    folder = tmp_path_factory.mktemp("notes")
    (folder / "index.js").write_text(CODE)
    settings = SETTINGS | {"kv_namespaces": [{"binding": "DATA"}]}
    (folder / "wrangler.json").write_text(json.dumps(settings))
    run(system, folder, "deploy")
    assert eventually(lambda: system.get("notes").text == "ready DATAundefined", 20)
    return folder


def run(system, project, *arguments):
    return wrangler(system, project, f"http://127.0.0.1:{free_port()}", *arguments)


def namespace_id(system):
    [namespace] = system.api("GET", "/storage/kv/namespaces").json()["result"]
    return namespace["id"]


def test_a_worker_and_wrangler_use_the_same_namespace(system, notes):
    assert system.get("notes", "/put?key=a/b&value=1").text == "stored"
    key = ["kv", "key", "get", "a/b", "--binding", "DATA", "--remote", "--text"]
    assert run(system, notes, *key).strip().endswith("1")
    system.api("PUT", f"/storage/kv/namespaces/{namespace_id(system)}/values/c", content=b"2")
    assert system.get("notes", "/get?key=c").json() == {
        "value": "2",
        "metadata": None,
        "cacheStatus": "MISS",
    }
    assert [k["name"] for k in system.get("notes", "/list?key=a").json()["keys"]] == ["a/b"]


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


DATABASE_CODE = """export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const name = searchParams.get("name");
    const version = "VERSION";
    try {
      if (pathname === "/add") {
        const insert = env.DB.prepare("INSERT INTO people (name) VALUES (?)").bind(name);
        const count = env.DB.prepare("SELECT count(*) AS n FROM people");
        const [, { results }] = await env.DB.batch([insert, count]);
        await env.JOBS.send({ name });
        return Response.json({ version, n: results[0].n });
      }
      if (pathname === "/fail") {
        const insert = env.DB.prepare("INSERT INTO people (name) VALUES ('x')");
        await env.DB.batch([insert, env.DB.prepare("SELECT * FROM missing")]);
      }
      if (pathname === "/names") {
        const [columns, ...rows] = await env.DB.prepare("SELECT name FROM people ORDER BY id")
          .raw({ columnNames: true });
        const session = env.DB.withSession("first-primary");
        const one = await session.prepare("SELECT 1 AS one").first("one");
        const { count } = await env.DB.exec("SELECT 1;\\nSELECT 2;");
        return Response.json({ version, columns, names: rows.flat(), one, count });
      }
      const reach = typeof env.DB?.fetcher + typeof env.JOBS?.fetch;
      return new Response(`ready ${version} ${Object.keys(env)} ${reach}`);
    } catch (error) {
      return new Response(String(error), { status: 503 });
    }
  },
};
"""


@pytest.fixture(scope="module")
def ledger(system, tmp_path_factory):
    """A project whose database wrangler creates at its first deploy and then migrates."""
    folder = tmp_path_factory.mktemp("ledger")
    (folder / "index.js").write_text(DATABASE_CODE.replace("VERSION", "one"))
    migration = "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT);"
    (folder / "migrations").mkdir()
    (folder / "migrations" / "0001_people.sql").write_text(migration)
    settings = SETTINGS | {
        "name": "ledger",
        "d1_databases": [{"binding": "DB"}],
        "queues": {"producers": [{"binding": "JOBS", "queue": "entries"}]},
    }
    (folder / "wrangler.json").write_text(json.dumps(settings))
    assert system.api("POST", "/queues", json={"queue_name": "entries"}).status_code == 200
    run(system, folder, "deploy")
    run(system, folder, "d1", "migrations", "apply", "DB", "--remote")
    eventually(lambda: system.get("ledger").text.startswith("ready one"), 20)
    return folder


def d1_query(system, sql):
    answer = system.api("POST", "/d1/database/ledger-db/query", json={"sql": sql}).json()
    return answer["result"][0]["results"]


def test_a_worker_and_wrangler_use_the_same_database(system, ledger):
    assert system.get("ledger").text.endswith("undefinedundefined")
    d1_query(system, "DELETE FROM people")
    assert system.get("ledger", "/add?name=ann").json()["n"] == 1
    (ledger / "more.sql").write_text("INSERT INTO people (name) VALUES ('it''s; bob');\n-- end")
    more = ["d1", "execute", "DB", "--remote", "--yes", "--file", "more.sql"]
    assert "Executed 1 queries" in run(system, ledger, *more)
    run(system, ledger, "d1", "export", "DB", "--remote", "-y", "--output", "out.sql")
    assert "VALUES(2,'it''s; bob');" in (ledger / "out.sql").read_text()
    answer = system.get("ledger", "/names").json()
    assert answer.pop("version") in ("one", "two")
    assert answer == {
        "columns": ["name"],
        "names": ["ann", "it's; bob"],
        "one": 1,
        "count": 2,
    }


def test_a_failed_batch_of_a_worker_changes_nothing(system, ledger):
    before = d1_query(system, "SELECT count(*) AS n FROM people")
    failed = system.get("ledger", "/fail")
    assert failed.status_code == 503 and "D1_ERROR: no such table: missing" in failed.text
    assert d1_query(system, "SELECT count(*) AS n FROM people") == before


def test_messages_of_a_worker_wait_in_its_queue(system, ledger):
    system.get("ledger", "/add?name=cy")
    [queue] = system.api("GET", "/queues?name=entries").json()["result"]
    assert queue["producers"] == [{"type": "worker", "script": "ledger"}]
    path = f"/queues/{queue['queue_id']}/messages/pull"
    pulled = system.api("POST", path, json={"batch_size": 100}).json()["result"]["messages"]
    assert {"name": "cy"} in [json.loads(b64decode(message["body"])) for message in pulled]


def test_both_versions_of_a_split_have_the_same_data(system, ledger):
    first = system.active("ledger")["versions"][0]["version_id"]
    (ledger / "index.js").write_text(DATABASE_CODE.replace("VERSION", "two"))
    second = re.search(r"Worker Version ID: (\S+)", run(system, ledger, "versions", "upload"))[1]
    made = system.deploy("ledger", (first, 50), (second, 50))
    system.wait_for(made["id"], "ledger")
    d1_query(system, "DELETE FROM people")
    answers = [system.get("ledger", f"/add?name={n}").json() for n in range(20)]
    assert [answer["n"] for answer in answers] == list(range(1, 21))
    assert {answer["version"] for answer in answers} == {"one", "two"}


def test_another_worker_does_not_reach_the_database(system, ledger, notes):
    """Not without a binding; and the header of its own namespace opens no other."""
    assert system.get("notes").text == "ready DATAundefined"
    uuid = system.api("GET", "/d1/database/ledger-db").json()["result"]["uuid"]
    own = next((system.data_dir / "edge").glob("**/state.sock"))
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(own))) as client:
        for header in ("", f"d1:{uuid}:", f"d1:{uuid}:{'0' * 64}"):
            answer = client.post("http://state/query", headers={"x-sluice-state": header})
            assert answer.status_code == 403
