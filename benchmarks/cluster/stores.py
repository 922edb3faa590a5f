"""PostgreSQL, Redis and nginx, each on a machine of its own."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.cluster.machines import NETWORK, Machine

HOME = Path(__file__).resolve().parents[2]
_PATH = ":".join(
    [
        os.environ.get("PATH", os.defpath),
        "/usr/sbin",
        *map(str, Path("/usr/lib/postgresql").glob("*/bin")),
    ]
)
_ENVIRONMENT = {"PATH": _PATH, "LC_ALL": "C.UTF-8"}
_READY_SECONDS = 20.0


def make_postgresql(machine: Machine) -> str:
    """A database of its own; gives the DATABASE_URL."""
    data = machine.folder / "postgresql"
    data.mkdir()
    shutil.chown(data, "postgres", "postgres")
    make = ["initdb", "-D", str(data), "-U", "sluice", "--auth=trust", "-E", "UTF8", "-N"]
    machine.run(_as_postgres(make), _ENVIRONMENT, Path("/"))
    with (data / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all sluice {NETWORK}.0/24 trust\n")
    return f"postgresql://sluice@{machine.address}:5432/postgres"


def start_postgresql(machine: Machine) -> None:
    """Durable, as in production: what was committed before a kill is there after it."""
    data = machine.folder / "postgresql"
    options = ["-c", "listen_addresses=*", "-c", "max_connections=200"]
    machine.start(
        "postgresql",
        _as_postgres(["postgres", "-D", str(data), "-k", str(data), *options]),
        _ENVIRONMENT,
        Path("/"),
    )
    ready = ["pg_isready", "-q", "-h", machine.address, "-U", "sluice"]
    _wait(lambda: subprocess.run(ready, env=_ENVIRONMENT, check=False).returncode == 0, machine)


def start_redis(machine: Machine) -> None:
    options = ["--bind", "0.0.0.0", "--protected-mode", "no", "--save", ""]
    machine.start("redis", ["redis-server", *options], _ENVIRONMENT, machine.folder)
    _wait(lambda: _connects(machine.address, 6379), machine)


def start_balancer(
    machine: Machine, web: Sequence[Machine], edges: Sequence[Machine], tls: Path
) -> None:
    """deploy/balancer/nginx.conf, with these addresses; Workers without TLS, on port 8787."""
    text = (HOME / "deploy/balancer/nginx.conf").read_text()
    text = _with_servers(text, "10.0.0.1", web, 8000)
    text = _with_servers(text, "10.0.0.2", edges, 8787)
    pages, workers = text.split("# Workers:")
    pages = pages.replace("sluice.example.com.pem", "balancer.pem")
    pages = pages.replace("sluice.example.com.key", "balancer.key").replace("/etc/nginx", str(tls))
    pages = pages.replace("sluice.example.com", "_")
    workers = re.sub(r"(?m)^\s*(ssl_certificate(_key)?|server_name)\s.*\n", "", workers)
    workers = workers.replace("listen 443 ssl;", "listen 8787;")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = "".join(f"{kind}_temp_path tmp;\n" for kind in kinds)
    head = "user root;\ndaemon off;\npid nginx.pid;\nerror_log stderr;\nevents {}\n"
    whole = f"{head}http {{\naccess_log off;\n{folders}{pages}# Workers:{workers}\n}}\n"
    (machine.folder / "nginx.conf").write_text(whole)
    command = ["nginx", "-e", "stderr", "-p", str(machine.folder), "-c", "nginx.conf"]
    machine.start("nginx", command, _ENVIRONMENT, machine.folder)
    _wait(lambda: _connects(machine.address, 443), machine)


def _with_servers(text: str, example: str, machines: Sequence[Machine], port: int) -> str:
    """The example's lines `server 10.0.0.…` become one line for each machine."""
    options = "max_fails=1 fail_timeout=2s"
    lines = "".join(f"  server {m.address}:{port} {options};\n" for m in machines)
    pattern = rf"(?m)(?:^  server {re.escape(example)}\d:{port} {options};\n)+"
    replaced, count = re.subn(pattern, lines, text)
    assert count == 1, f"deploy/balancer/nginx.conf has no servers {example}…"
    return replaced


def _as_postgres(command: Sequence[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]


def _connects(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0


def _wait(ready: Callable[[], bool], machine: Machine) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            logs = [path.read_text()[-2000:] for path in machine.folder.glob("*.log")]
            raise SystemExit(f"{machine.name} did not start:\n" + "\n".join(logs))
        time.sleep(0.1)
