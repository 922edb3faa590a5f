"""Static assets and the Cache API: deployed by unmodified wrangler, served by the real edge."""

from __future__ import annotations

import json
import os
import re
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.real.control_plane import ID
from tests.real.tailing import wrangler
from tests.running import OVERRIDES, free_port

pytestmark = pytest.mark.real
CODE = """export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/api/logo") return env.ASSETS.fetch(new URL("/logo.svg", url));
    return new Response("code " + url.pathname);
  },
};
"""

COMPRESSED = {"Accept_Encoding": "gzip, br"}


def deploy(system, project, *arguments):
    """The id of the version."""
    printed = wrangler(system, project, f"http://127.0.0.1:{free_port()}", *arguments)
    return re.findall(rf"Version ID: ({ID})", printed)[0]


def write_site(folder, files, **config):
    for path, content in files.items():
        target = folder / "public" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
    (folder / "index.js").write_text(CODE)
    settings = {"compatibility_date": "2026-08-01", **config}
    (folder / "wrangler.json").write_text(json.dumps(settings))
    return folder


def check_compression(system, plain):
    packed = system.get("site", "/big.css", **COMPRESSED)
    assert packed.headers["content-encoding"] == "br" and packed.text == plain.text
    assert packed.headers["vary"].lower() == "accept-encoding"
    assert packed.headers["etag"] == f"W/{plain.headers['etag']}"
    again = system.get("site", "/big.css", If_None_Match=packed.headers["etag"], **COMPRESSED)
    assert again.status_code == 304


def check_ranges(system, plain):
    part = system.get("site", "/big.css", Range="bytes=5-1004", **COMPRESSED)
    assert (part.status_code, part.text) == (206, plain.text[5:1005])
    assert part.headers["content-range"] == "bytes 5-1004/2200"
    assert "content-encoding" not in part.headers
    stale = system.get("site", "/big.css", Range="bytes=5-8", If_Range='"other"')
    assert (stale.status_code, stale.text) == (200, plain.text)
    rest = {"Range": "bytes=2198-", "If_Range": plain.headers["etag"]}
    assert system.get("site", "/big.css", **rest).text == plain.text[2198:]
    assert system.get("site", "/big.css", Range="bytes=-3").text == plain.text[-3:]
    beyond = system.get("site", "/big.css", Range="bytes=9999-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */2200")
    assert system.get("site", "/api/x", Range="bytes=0-1").text == "code /api/x"


def test_files_come_before_code_and_a_split_serves_the_files_of_both(system, tmp_path):
    assets = {"directory": "public", "binding": "ASSETS", "run_worker_first": ["/api/*"]}
    first = {"index.html": "one", "app-1.js": "one()", "logo.svg": "<svg/>", "gone.html": "gone"}
    first["big.css"] = "body { color: black }\n" * 100
    rules = {"_headers": "/*\n  X-Extra: yes\n", "_redirects": "/old /new 301\n"}
    site = write_site(tmp_path / "a", first | rules, name="site", main="index.js", assets=assets)
    one = deploy(system, site, "deploy")
    assert eventually(lambda: system.get("site").text == "one", 20)

    logo = system.get("site", "/logo.svg")
    assert (logo.text, logo.headers["content-type"]) == ("<svg/>", "image/svg+xml")
    assert logo.headers["x-extra"] == "yes" and logo.headers["etag"]
    unchanged = system.get("site", "/logo.svg", If_None_Match=logo.headers["etag"])
    assert unchanged.status_code == 304
    assert system.get("site", "/api/logo").text == "<svg/>"
    assert system.get("site", "/api/x").text == "code /api/x"
    assert system.get("site", "/missing").text == "code /missing"
    assert system.get("site", "/old").headers["location"] == "/new"
    assert system.get("site", "/_headers").text == "code /_headers"

    plain = system.get("site", "/big.css", Accept_Encoding="identity")
    check_compression(system, plain)
    check_ranges(system, plain)

    for path in ("app-1.js", "gone.html"):
        (site / "public" / path).unlink()
    write_site(
        site,
        {"index.html": "two", "app-2.js": "two()"},
        **json.loads((site / "wrangler.json").read_text()),
    )
    two = deploy(system, site, "versions", "upload")
    deployment = system.deploy("site", (two, 50), (one, 50))
    system.wait_for(deployment["id"], "site", 20)
    for version, own in ((one, "one"), (two, "two")):
        to = {OVERRIDES: f'site="{version}"'}
        assert system.get("site", "/", **to).text == own
        assert system.get("site", "/app-1.js", **to).text == "one()"
        assert system.get("site", "/app-2.js", **to).text == "two()"
    assert system.get("site", "/gone", **{OVERRIDES: f'site="{two}"'}).text == "code /gone"

    deployment = system.deploy("site", (two, 100))
    system.wait_for(deployment["id"], "site", 20)
    assert system.get("site", "/app-1.js").text == "code /app-1.js"


def test_a_site_without_code(system, tmp_path):
    site = write_site(
        tmp_path / "b",
        {"index.html": "home", "docs/index.html": "docs", "404.html": "nothing here"},
        name="pages",
        assets={"directory": "public", "not_found_handling": "404-page"},
    )
    version = deploy(system, site, "deploy")
    assert eventually(lambda: system.get("pages").text == "home", 20)
    assert system.get("pages", "/docs/").text == "docs"
    missing = system.get("pages", "/missing")
    assert (missing.status_code, missing.text) == (404, "nothing here")
    assert missing.headers["x-sluice-version"] == version


CACHE_CODE = """export default {
  async fetch(request) {
    const url = new URL(request.url);
    const cache = url.searchParams.get("named") ? await caches.open("named") : caches.default;
    const key = "https://cache.test/" + (url.searchParams.get("key") ?? "");
    if (url.pathname === "/put") {
      const headers = { "cache-control": url.searchParams.get("control") ?? "max-age=60" };
      await cache.put(key, new Response(url.searchParams.get("value"), { headers }));
      return new Response("put");
    }
    if (url.pathname === "/delete") return new Response(String(await cache.delete(key)));
    return (await cache.match(key)) ?? new Response("VERSION miss", { status: 404 });
  },
};
"""


def cache_pid(system):
    """Of the edge's cache process: the one that listens at its socket."""
    paths = Path("/proc").glob("[0-9]*/cmdline")
    folder = str(system.data_dir / "edge")
    for path in paths:
        with suppress(OSError):
            is_ours = b"--socket-fd=cache=" in path.read_bytes()
            if is_ours and os.readlink(path.parent / "cwd") == folder:
                return int(path.parent.name)
    return None


def test_versions_of_a_worker_share_a_cache_and_others_do_not(system, tmp_path):
    settings = {"name": "cached", "main": "index.js", "compatibility_date": "2026-08-01"}
    (tmp_path / "wrangler.json").write_text(json.dumps(settings))
    versions = []
    for version, command in (("one", ["deploy"]), ("two", ["versions", "upload"])):
        (tmp_path / "index.js").write_text(CACHE_CODE.replace("VERSION", version))
        versions.append(deploy(system, tmp_path, *command))
    one, two = versions
    deployment = system.deploy("cached", (two, 50), (one, 50))
    system.wait_for(deployment["id"], "cached", 20)
    to = {version: {OVERRIDES: f'cached="{version}"'} for version in versions}
    assert system.get("cached", "/", **to[one]).text == "one miss"
    assert system.get("cached", "/put?value=x", **to[one]).text == "put"
    for version in versions:
        hit = system.get("cached", "/", **to[version])
        assert (hit.text, hit.headers["cf-cache-status"]) == ("x", "HIT")
    assert system.get("cached", "/?named=1", **to[one]).text == "one miss"
    system.get("cached", "/put?key=private&control=private&value=x", **to[one])
    assert system.get("cached", "/?key=private", **to[one]).status_code == 404

    (tmp_path / "wrangler.json").write_text(json.dumps(settings | {"name": "stranger"}))
    deploy(system, tmp_path, "deploy")
    assert eventually(lambda: system.get("stranger").text == "two miss", 20)

    os.kill(cache_pid(system), signal.SIGKILL)
    answers = {system.get("cached", "/", **to[one]).status_code for _ in range(20)}
    assert answers == {404}
    assert eventually(lambda: cache_pid(system) is not None, 20)
    system.get("cached", "/put?value=y", **to[two])
    assert system.get("cached", "/", **to[one]).text == "y"
    assert system.get("cached", "/delete", **to[one]).text == "true"
    assert system.get("cached", "/", **to[two]).text == "two miss"
