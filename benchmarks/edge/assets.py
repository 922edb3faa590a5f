"""Static assets of the edge beside nginx, which serves the same folder.

`python -m benchmarks.edge.assets [--rounds N]`. Both send ETags, compress with gzip and write an
access log; each has one core, and the load generator the other.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from urllib.request import Request, urlopen

from benchmarks.base import contest, figures, machine, peers, split as splits, system as systems
from benchmarks.base.contest import Contender, Result
from benchmarks.base.load import Target
from benchmarks.base.system import System

SITE = "site"
PAGE = b"<!doctype html><title>Sluice</title>" + b"<p>A line of text, as pages have.</p>\n" * 300
SCRIPT = b"export const add = (a, b) => a + b; // as scripts have\n" * 1800
FILES = {"/index.html": PAGE, "/app.js": SCRIPT, "/small.css": b"p { color: navy }\n" * 8}
TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css"}
CASES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "page, 11 kB": ("/", {}),
    "page, gzip": ("/", {"Accept-Encoding": "gzip"}),
    "style sheet, 144 bytes": ("/small.css", {}),
    "script, 99 kB": ("/app.js", {}),
    "script, gzip": ("/app.js", {"Accept-Encoding": "gzip"}),
}
"""Paths and headers."""
_NGINX = """\
worker_processes 1; pid nginx.pid; error_log error.log; {user} daemon off;
events {{ worker_connections 1024; }}
http {{
  types {{ text/html html; text/css css; text/javascript js; }}
  access_log access.log combined buffer=64k flush=1s;
  etag on; keepalive_requests 1000000000;
  gzip on; gzip_comp_level 4; gzip_min_length 256; gzip_vary on;
  gzip_types text/css text/javascript;
  server {{ listen 127.0.0.1:{port}; root site; index index.html; }}
}}
"""


def main() -> None:
    options = argparse.ArgumentParser(prog="benchmarks.edge.assets", description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    rounds = options.parse_args().rounds
    with ExitStack() as stack:
        system = stack.enter_context(systems.running(SLUICE_EDGE_CONCURRENCY="1"))
        publish(system)
        splits.pin(system)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sluice-nginx-")))
        nginx = stack.enter_context(_nginx(folder))
        results: dict[str, dict[str, Result]] = {}
        for name, (path, headers) in CASES.items():
            contenders = [
                _edge(system, path, headers),
                Contender("nginx", Target(nginx.port, headers, path), {"proxy": nginx.pids}),
            ]
            results[name] = contest.run(contenders, rounds, 1, tell=_progress)
    print(_report(results))


def _edge(system: System, path: str, headers: Mapping[str, str]) -> Contender:
    target = Target(system.edge_port, {"Host": f"{SITE}.localhost", **headers}, path)
    processes = system.processes()
    roles = {"proxy": processes["envoy"], "workerd": processes["workerd"]}
    return Contender("our edge", target, roles | {"agent": processes["agent"]})


def publish(system: System) -> None:
    """Deploys `FILES` as a Worker of static assets alone, as wrangler does."""
    hashes = {path: sha256(content).hexdigest()[:32] for path, content in FILES.items()}
    manifest = {
        path: {"hash": hashes[path], "size": len(content)} for path, content in FILES.items()
    }
    session = system.call("POST", f"{SITE}/assets-upload-session", json={"manifest": manifest})
    parts = {
        hashes[path]: (hashes[path], b64encode(content), TYPES[path.rpartition(".")[2]])
        for path, content in FILES.items()
    }
    done = system.upload_assets(session["jwt"], parts)
    metadata = {"compatibility_date": "2026-08-01", "assets": {"jwt": done["jwt"]}}
    system.call("PUT", SITE, files={"metadata": (None, json.dumps(metadata), "application/json")})
    _until_served(system)


def _until_served(system: System) -> None:
    target = Target(system.edge_port, {"Host": f"{SITE}.localhost"})
    request = Request(target.url, headers=dict(target.headers))
    for _ in range(200):
        try:
            if urlopen(request, timeout=5).read() == PAGE:
                return
        except OSError:
            time.sleep(0.1)
    sys.exit("The site is not served.")


@contextmanager
def _nginx(folder: Path) -> Iterator[peers.Peer]:
    folder.chmod(0o755)
    for path, content in FILES.items():
        file = folder / SITE / path[1:]
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
    port = machine.free_port()
    (folder / "nginx.conf").write_text(_NGINX.format(port=port, user=peers.NGINX_USER))
    command = [peers.program("nginx"), "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"]
    with peers.running(command, Target(port), folder) as peer:
        yield peer


def _report(results: Mapping[str, Mapping[str, Result]]) -> str:
    rows = []
    for name, found in results.items():
        ours, nginx = found["our edge"], found["nginx"]
        rows.append(
            [
                name,
                f"{figures.median(ours.per_second):,.0f}",
                f"{figures.median(nginx.per_second):,.0f}",
                f"{figures.paired(ours.per_second, nginx.per_second):.2f}",
                *(f"{ours.cost(role):.0f}" for role in ("proxy", "workerd", "agent")),
                f"{nginx.cost('proxy'):.0f}",
            ]
        )
    head = ["", "our edge/s", "nginx/s", "of nginx", "Envoy µs", "workerd µs", "agent µs"]
    return f"\n{figures.table([*head, 'nginx µs'], rows)}\n\n{machine.conditions()}"


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
