"""R2 through the socket of the state process, against one workerd that has the Worker and the
bucket in the same process. `python -m benchmarks.edge.r2 [--rounds N]`; part of `make bench-state`.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from benchmarks.base.machine import conditions
from benchmarks.edge.state import KEY, client, served, state_server, version
from routing.agent.base.capnp_config import runtime
from routing.compile.workerd import config as workerd
from routing.snapshot import BindingSpec, ModuleSpec, Secret
from routing.state_access import HEADER, header_value
from routing.storage.kinds import r2
from routing.storage.server import sources

BUCKET = "bench"
CODE = b"""export default {
  async fetch(request, env) {
    const { searchParams } = new URL(request.url);
    const [count, size] = ["n", "size"].map((name) => Number(searchParams.get(name)));
    const value = new Uint8Array(size).fill(7);
    for (let n = 0; n < count; n++) {
      const key = `${size}/${n % 10}`;
      if (searchParams.get("op") === "put") await env.DATA.put(key, value);
      else if (searchParams.get("op") === "list") await env.DATA.list({ prefix: `${size}/` });
      else await (await env.DATA.get(key)).arrayBuffer();
    }
    return new Response("done");
  },
};
"""
# What the front does, without its check.
_NAMED = f"""export default {{
  fetch(request, env) {{
    const headers = new Headers(request.headers);
    headers.set("{HEADER}", "r2:{BUCKET}:");
    return env.R2.fetch(new Request(request, {{ headers }}));
  }},
}};
"""


@dataclass(frozen=True, slots=True)
class Case:
    operation: str
    size: int
    count: int


CASES = (
    Case("put", 1_000, 40),
    Case("get", 1_000, 100),
    Case("list", 1_000, 100),
    Case("put", 1_000_000, 10),
    Case("get", 1_000_000, 20),
)


def config_of(*bindings: BindingSpec) -> dict[str, Any]:
    digest = hashlib.sha256(CODE).hexdigest()
    kind = "application/javascript+module"
    module = ModuleSpec(name="index.js", content_type=kind, sha256=digest, size=len(CODE))
    spec = replace(version(*bindings), modules=(module,))
    return workerd.config("bench", spec, {digest: CODE}, slot=0, runtime=runtime(), tail=False)


def through_socket() -> dict[str, Any]:
    secret = Secret(header_value(KEY, "r2", BUCKET))
    options = {"bucket_name": BUCKET}
    return config_of(BindingSpec(name="DATA", type="r2_bucket", options=options, secret=secret))


def in_one_process(folder: Path) -> dict[str, Any]:
    made = config_of()
    [main] = [s for s in made["services"] if s["name"] == "main"]
    main["worker"]["bindings"] = [{"name": "DATA", "r2Bucket": {"name": "named"}}]
    named = {
        "compatibilityDate": "2026-08-01",
        "modules": [{"name": "named.js", "esModule": _NAMED}],
        "bindings": [{"name": "R2", "service": {"name": "r2"}}],
    }
    kind = r2.services(sources(folder))
    made["services"] += [{"name": "named", "worker": named}, *kind.services]
    made["extensions"] += kind.extensions
    return made


def measured(to: httpx.Client, case: Case) -> float:
    """Microseconds for one operation."""
    query: dict[str, str | int] = {"op": case.operation, "n": case.count, "size": case.size}
    started = time.perf_counter()
    answer = to.get("/", params=query)
    assert answer.text == "done", answer.text
    return (time.perf_counter() - started) / case.count * 1e6


def compare(rounds: int, stack: ExitStack, folder: Path) -> None:
    (folder / "one" / "r2").mkdir(parents=True)
    (folder / "state").mkdir()
    stack.enter_context(state_server(folder / "state"))
    os.link(folder / "state" / "state.sock", folder / "state.sock")
    one, _ = stack.enter_context(served(in_one_process(folder / "one"), folder, "one"))
    far, _ = stack.enter_context(served(through_socket(), folder, "far"))
    print(conditions())
    near_client, far_client = stack.enter_context(client(one)), stack.enter_context(client(far))
    print(f"{'operation':10} {'bytes':>9} {'one process':>15} {'state process':>15} {'ratio':>7}")
    for case in CASES:
        measured(near_client, case), measured(far_client, case)
        pairs = [(measured(near_client, case), measured(far_client, case)) for _ in range(rounds)]
        near = statistics.median(pair[0] for pair in pairs)
        away = statistics.median(pair[1] for pair in pairs)
        ratio = statistics.median(pair[0] / pair[1] for pair in pairs)
        rates = f"{1e6 / near:9,.0f} op/s {1e6 / away:10,.0f} op/s"
        print(f"{case.operation:10} {case.size:9,} {rates} {ratio:7.2f}", end="")
        print(f"   ({near:,.0f} and {away:,.0f} µs)")


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.edge.r2", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder, ExitStack() as stack:
        compare(rounds, stack, Path(folder))


if __name__ == "__main__":
    main()
