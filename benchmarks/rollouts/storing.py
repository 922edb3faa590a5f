"""A Worker that uses every kind of storage, and one request of each kind."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

import aiohttp

from benchmarks.base.system import System

WORKER = "storing"
PAGE = b"<!doctype html><title>Storing</title>\n" * 50
KINDS = ("assets", "kv", "d1", "r2", "cache", "object")
COUNTERS = frozenset({"d1", "object"})
"""Kinds whose every request adds 1."""
_COUNTER = """\
export class Counter extends DurableObject {
  add(n) {
    const count = (this.ctx.storage.kv.get("n") ?? 0) + n;
    this.ctx.storage.kv.put("n", count);
    return count;
  }
}
"""
_SOURCE = """\
import { DurableObject } from "cloudflare:workers";
%(classes)s
const table = "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, n INTEGER)";
const add = "INSERT INTO t VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET n = n + ?1 RETURNING n";

const kinds = {
  async kv(env, key) {
    await env.DATA.put(key, key);
    return env.DATA.get(key);
  },
  async d1(env, key, n) {
    if (key.startsWith("warm")) await env.DB.exec(table);
    return env.DB.prepare(add).bind(n).first("n");
  },
  async r2(env, key) {
    await env.FILES.put(key, key.repeat(100));
    const text = await (await env.FILES.get(key)).text();
    return text.slice(0, key.length);
  },
  async cache(env, key) {
    const url = `https://cache.example/${key}`;
    const headers = { "cache-control": "max-age=60" };
    await caches.default.put(url, new Response(key, { headers }));
    return (await caches.default.match(url)).text();
  },
  async object(env, key, n) {
    return env.COUNTERS.getByName("one").add(n);
  },
};

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const key = searchParams.get("key");
    const value = await kinds[pathname.slice(1)](env, key, Number(searchParams.get("n")));
    return Response.json({ value, version: env.VERSION.id });
  },
};
// %(note)s
"""


class WrongAnswer(RuntimeError):
    """A status other than 200, or another value than the one that was stored."""


def publish(system: System, with_objects: bool) -> tuple[str, str]:
    """Two versions of the Worker, the first one at 100%."""
    api = _Api(system)
    bindings = [
        {"name": "VERSION", "type": "version_metadata"},
        {"name": "ASSETS", "type": "assets"},
        {"name": "DATA", "type": "kv_namespace", "namespace_id": api.kv()},
        {"name": "DB", "type": "d1", "id": api.d1()},
        {"name": "FILES", "type": "r2_bucket", "bucket_name": api.r2()},
    ]
    metadata: dict[str, Any] = {"bindings": bindings}
    classes = ""
    if with_objects:
        classes = _COUNTER
        bindings.append(
            {"name": "COUNTERS", "type": "durable_object_namespace", "class_name": "Counter"}
        )
    first = dict(metadata)
    if with_objects:
        first["migrations"] = {"new_tag": "v1", "steps": [{"new_sqlite_classes": ["Counter"]}]}
    api.upload("PUT", WORKER, classes, "first", first)
    listed = system.call("GET", f"{WORKER}/deployments")["deployments"]
    live = str(listed[0]["versions"][0]["version_id"])
    made = api.upload("POST", f"{WORKER}/versions", classes, "second", metadata)
    return live, str(made["id"])


class _Api:
    def __init__(self, system: System) -> None:
        self._system = system

    def kv(self) -> str:
        return str(self._create("storage/kv/namespaces", {"title": WORKER})["id"])

    def d1(self) -> str:
        return str(self._create("d1/database", {"name": WORKER})["uuid"])

    def r2(self) -> str:
        return str(self._create("r2/buckets", {"name": WORKER})["name"])

    def _create(self, path: str, given: Mapping[str, Any]) -> Any:
        return self._system.call_account("POST", path, json=given)

    def upload(
        self, method: str, path: str, classes: str, note: str, more: Mapping[str, Any]
    ) -> Any:
        metadata = {
            "main_module": "index.js",
            "compatibility_date": "2026-08-01",
            "assets": {"jwt": self._assets()},
            **more,
        }
        source = _SOURCE % {"classes": classes, "note": note}
        parts = {
            "metadata": (None, json.dumps(metadata), "application/json"),
            "index.js": ("index.js", source, "application/javascript+module"),
        }
        return self._system.call(method, path, files=parts)

    def _assets(self) -> str:
        name = sha256(PAGE).hexdigest()[:32]
        manifest = {"/index.html": {"hash": name, "size": len(PAGE)}}
        path = f"{WORKER}/assets-upload-session"
        session = self._system.call("POST", path, json={"manifest": manifest})
        if not session["buckets"]:
            return str(session["jwt"])
        files = {name: (name, b64encode(PAGE), "text/html")}
        return str(self._system.upload_assets(session["jwt"], files)["jwt"])


async def use(http: aiohttp.ClientSession, kind: str, key: str) -> str:
    """One request; the version that answered, "" for an asset. Raises `WrongAnswer`."""
    if kind == "assets":
        async with http.get("/") as response:
            _check(response.status, await response.read(), PAGE.__eq__)
        return ""
    value, version = await _ask(http, kind, key, 1)
    if kind not in COUNTERS and value != key:
        raise WrongAnswer(f"{value!r} instead of {key!r}")
    return version


async def count(http: aiohttp.ClientSession, kind: str) -> int:
    """The counter of `kind`."""
    value, _ = await _ask(http, kind, "count", 0)
    return int(value)


async def _ask(http: aiohttp.ClientSession, kind: str, key: str, n: int) -> tuple[Any, str]:
    async with http.get(f"/{kind}", params={"key": key, "n": str(n)}) as response:
        body = await response.read()
    _check(response.status, body, lambda _: True)
    answer = json.loads(body)
    return answer["value"], str(answer["version"])


def _check(status: int, body: bytes, is_right: Callable[[bytes], bool]) -> None:
    if status != 200 or not is_right(body):
        raise WrongAnswer(f"{status} {body[:200].decode(errors='replace')}")
