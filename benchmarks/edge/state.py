"""`make bench-state`: KV and D1 through the socket of the state process, against one workerd that
has the Worker and the namespaces in the same process; and memory of an idle version with bindings.

Both run in turns. A Worker does the operations of one request, one at a time or 50 at a time.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.base.machine import conditions, memory_mb
from routing.agent.base import limits
from routing.agent.base.capnp_config import encode, runtime
from routing.compile.workerd import config as workerd
from routing.snapshot import BindingSpec, Export, ModuleSpec, Secret, VersionSpec
from routing.state_access import header_value
from routing.storage.kinds import d1, kv
from routing.storage.server import StateServer, sources

KEY = b"k" * 32
AT_ONCE = 50
CODE = b"""export default {
  async fetch(request, env) {
    const { searchParams } = new URL(request.url);
    const count = Number(searchParams.get("n"));
    const together = Number(searchParams.get("together"));
    const value = "v".repeat(100);
    const key = (n) => `key${n % 100}`;
    const once = {
      create: () => env.DB.exec("CREATE TABLE IF NOT EXISTS t (key TEXT PRIMARY KEY, value TEXT)"),
      get: (n) => env.DATA.get(key(n)),
      put: (n) => env.DATA.put(key(n), value),
      select: (n) => env.DB.prepare("SELECT value FROM t WHERE key = ?").bind(key(n)).first(),
      insert: (n) => env.DB.prepare("REPLACE INTO t VALUES (?, ?)").bind(key(n), value).run(),
    }[searchParams.get("op")];
    for (let n = 0; n < count; n += together)
      await Promise.all(Array.from({ length: together }, (_, i) => once(n + i)));
    return new Response("done");
  },
};
"""


@dataclass(frozen=True, slots=True)
class Case:
    operation: str
    together: int
    count: int


CASES = (
    Case("get", 1, 400),
    Case("get", AT_ONCE, 2000),
    Case("put", 1, 200),
    Case("put", AT_ONCE, 1000),
    Case("select", 1, 400),
    Case("select", AT_ONCE, 2000),
    Case("insert", 1, 200),
    Case("insert", AT_ONCE, 1000),
)
CREATE = Case("create", 1, 1)


def version(*bindings: BindingSpec) -> VersionSpec:
    digest = hashlib.sha256(CODE).hexdigest()
    return VersionSpec(
        id="00000000-0000-4000-8000-000000000000",
        number=1,
        created_on="2026-08-01T00:00:00.000000Z",
        compatibility_date="2026-08-01",
        main_module="index.js",
        modules=(
            ModuleSpec(
                name="index.js",
                content_type="application/javascript+module",
                sha256=digest,
                size=len(CODE),
            ),
        ),
        bindings=bindings,
        exports=(Export(name="default", kind="object", handlers=("fetch",)),),
    )


def config_of(spec: VersionSpec) -> dict[str, Any]:
    contents = {spec.modules[0].sha256: CODE}
    return workerd.config("bench", spec, contents, slot=0, runtime=runtime(), tail=False)


def through_socket() -> dict[str, Any]:
    bindings = (
        BindingSpec(
            name=name,
            type=kind,
            options={option: "bench"},
            secret=Secret(header_value(KEY, state_kind, "bench")),
        )
        for name, kind, option, state_kind in (
            ("DATA", "kv_namespace", "namespace_id", "kv"),
            ("DB", "d1", "id", "d1"),
        )
    )
    return config_of(version(*bindings))


def in_one_process(folder: Path) -> dict[str, Any]:
    """The same version with the namespaces beside it, without a socket or a check."""
    made = config_of(version())
    [main] = [s for s in made["services"] if s["name"] == "main"]
    props = {"json": '{"namespace": "bench", "database": "bench"}'}
    fetcher = {"name": "fetcher", "service": {"name": "d1", "props": props}}
    database = {"moduleName": "cloudflare-internal:d1-api", "innerBindings": [fetcher]}
    main["worker"]["bindings"] = [
        {"name": "DATA", "kvNamespace": {"name": "kv", "props": props}},
        {"name": "DB", "wrapped": database},
    ]
    for name, kind in (("kv", kv), ("d1", d1)):
        services = kind.services(sources(folder)).services
        bundled = {"name": f"{name}.js", "bundled": f"/workerd/{name}.js"}
        services[0]["worker"]["modules"] = [bundled]
        made["services"] += list(services)
    return made


@contextmanager
def served(config: dict[str, Any], folder: Path, name: str) -> Iterator[tuple[str, int]]:
    """The socket's path and the pid of a workerd that runs in `folder`."""
    path = folder / f"{name}.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        control, announced = os.pipe()
        command = limits.serve_command({"http": listener.fileno()}, announced, user=None)
        process = subprocess.Popen(
            command.arguments, cwd=folder, stdin=subprocess.PIPE, **command.options
        )
        os.close(announced)
        try:
            assert process.stdin is not None
            with process.stdin as pipe:
                pipe.write(encode(config))
            with os.fdopen(control) as lines:
                while limits.served_socket(lines.readline().encode()) != "http":
                    pass
                yield str(path), process.pid
        finally:
            process.kill()
            process.wait()


@contextmanager
def state_server(folder: Path) -> Iterator[None]:
    """The real server, in a process of this benchmark."""
    pid = os.fork()
    if not pid:
        asyncio.run(StateServer(folder, [KEY]).run(asyncio.Event()))
        os._exit(0)
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            while probe.connect_ex(str(folder / "state.sock")):
                time.sleep(0.05)
        yield
    finally:
        os.kill(pid, 15)
        os.waitpid(pid, 0)


def measured(client: httpx.Client, case: Case) -> float:
    """Microseconds for one operation."""
    query: dict[str, str | int] = {
        "op": case.operation,
        "n": case.count,
        "together": case.together,
    }
    started = time.perf_counter()
    answer = client.get("/", params=query)
    assert answer.text == "done", answer.text
    return (time.perf_counter() - started) / case.count * 1e6


def client(path: str) -> httpx.Client:
    transport = httpx.HTTPTransport(uds=path)
    return httpx.Client(transport=transport, base_url="http://bench", timeout=120)


def compare(rounds: int, stack: ExitStack, folder: Path) -> None:
    for name in ("kv", "d1"):
        (folder / "one" / name).mkdir(parents=True)
    (folder / "state").mkdir()
    stack.enter_context(state_server(folder / "state"))
    os.link(folder / "state" / "state.sock", folder / "state.sock")
    one, _ = stack.enter_context(served(in_one_process(folder / "one"), folder, "one"))
    far, pid = stack.enter_context(served(through_socket(), folder, "far"))
    plain = stack.enter_context(served(config_of(version()), folder, "plain"))
    pss = [memory_mb(process)[0] for process in (pid, plain[1])]
    print(conditions())
    print(f"idle version: {pss[0]:.1f} MB with KV and D1, {pss[1]:.1f} MB without (PSS)")
    near_client, far_client = client(one), client(far)
    for each in (near_client, far_client):
        measured(each, CREATE)
    print(f"{'operation':10} {'at once':>7} {'one process':>15} {'state process':>15} {'ratio':>7}")
    for case in CASES:
        measured(near_client, case), measured(far_client, case)
        pairs = [(measured(near_client, case), measured(far_client, case)) for _ in range(rounds)]
        near = statistics.median(pair[0] for pair in pairs)
        away = statistics.median(pair[1] for pair in pairs)
        ratio = statistics.median(pair[0] / pair[1] for pair in pairs)
        rates = f"{1e6 / near:9,.0f} op/s {1e6 / away:10,.0f} op/s"
        print(f"{case.operation:10} {case.together:7} {rates} {ratio:7.2f}", end="")
        print(f"   ({near:,.0f} and {away:,.0f} µs)")
    near_client.close()
    far_client.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder, ExitStack() as stack:
        compare(rounds, stack, Path(folder))


if __name__ == "__main__":
    main()
