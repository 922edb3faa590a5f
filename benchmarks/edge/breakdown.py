"""Where the edge's CPU goes: its own running configuration with one thing less at a time.

`python -m benchmarks.edge.breakdown [--rounds N]`. Each variant is an Envoy of its own, made from
the files that the agent has written, in front of the agent's processes.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.base import contest, figures, machine, peers, split as splits
from benchmarks.base.contest import Contender, Result
from benchmarks.base.load import Target
from benchmarks.base.split import Split
from benchmarks.base.system import System, admin
from routing.compile import names
from routing.compile.envoy.previews import WITHOUT_PREVIEWS

_Object = dict[str, Any]
AS_IT_IS = "as it is"


@dataclass(frozen=True)
class Files:
    """The edge's configuration, to be changed in place. `http` is the public listener's."""

    bootstrap: _Object
    hosts: list[_Object]

    @property
    def listeners(self) -> list[_Object]:
        return list(self.bootstrap["static_resources"]["listeners"])

    @property
    def http(self) -> _Object:
        return _http(self.listeners[0])


def main() -> None:
    options = argparse.ArgumentParser(prog="benchmarks.edge.breakdown", description=__doc__)
    options.add_argument("--rounds", type=int, default=14)
    rounds = options.parse_args().rounds
    with ExitStack() as stack:
        system, split = stack.enter_context(splits.deployed())
        contenders = [
            stack.enter_context(_variant(system, split, name, change))
            for name, change in VARIANTS.items()
        ]
        for contender in contenders:
            contest.answers(contender.target, 20)
        results = contest.run(contenders, rounds, 1, tell=_progress)
    print(_report(results))


@contextmanager
def _variant(
    system: System, split: Split, name: str, change: Callable[[Files], None]
) -> Iterator[Contender]:
    files = Files(_read(system.edge_folder / names.BOOTSTRAP), _hosts(system.edge_folder))
    change(files)
    with tempfile.TemporaryDirectory(prefix="sluice-variant-") as folder:
        port = _write(Path(folder), files, system.edge_folder)
        target = Target(port, {"Host": f"{split.worker}.localhost"})
        command = [peers.ENVOY, "-c", names.BOOTSTRAP, *peers.ENVOY_FLAGS]
        with peers.running(command, target, Path(folder), [names.log_file("public")]) as peer:
            processes = {"proxy": peer.pids, "workerd": system.processes()["workerd"]}
            logs = [path for path in peer.logs if path.exists()]
            yield Contender(name, target, processes, logs)


def _write(folder: Path, files: Files, edge: Path) -> int:
    """A folder in which an Envoy finds everything, the agent's sockets included; its port."""
    for name in ("log", "xds"):
        (folder / name).mkdir()
    for path in ("v", names.DECIDE_SOCKET, names.DISCOVERY_SOCKET):
        (folder / path).symlink_to(edge / path)
    port = machine.free_port()
    public = files.listeners[0]
    public["address"]["socket_address"]["port_value"] = port
    files.bootstrap["static_resources"]["listeners"] = [public]
    del files.http["scoped_routes"]
    files.http["route_config"] = {
        "name": "public",
        "validate_clusters": False,  # they come later, from the agent
        "request_headers_to_remove": [names.PERMISSION, names.SCOPE_HEADER],
        "typed_per_filter_config": WITHOUT_PREVIEWS,
        "virtual_hosts": files.hosts,
    }
    (folder / names.BOOTSTRAP).write_text(json.dumps(files.bootstrap))
    return port


def _hosts(edge_folder: Path) -> list[_Object]:
    """The routes of the edge's Envoy, as one table that a variant can change."""
    dump = admin(edge_folder, "/config_dump?resource=dynamic_scoped_route_configs")
    hosts = []
    for scope in json.loads(dump)["configs"][0]["scoped_route_configs"]:
        kind, _, name = scope["name"].partition("|")
        if kind == names.PUBLIC:
            [host] = scope["route_configuration"]["virtual_hosts"]
            hosts.append({**host, "domains": [name]})
    return hosts


def _read(path: Path) -> _Object:
    return dict(json.loads(path.read_bytes()))


def _http(listener: _Object) -> _Object:
    found: _Object = listener["filter_chains"][0]["filters"][0]["typed_config"]
    return found


def _report(results: dict[str, Result]) -> str:
    base = results[AS_IT_IS]
    rows = [
        [
            name,
            f"{found.cost('proxy'):.1f}",
            f"{_difference(found, base):+.1f}",
            f"{figures.paired(found.per_second, base.per_second):.2f}",
        ]
        for name, found in results.items()
    ]
    head = ["the edge's Envoy …", "CPU µs", "paired difference µs", "requests/s of as it is"]
    return f"\n{figures.table(head, rows)}\n\n{machine.conditions()}"


def _difference(one: Result, other: Result) -> float:
    pairs = zip(one.costs["proxy"], other.costs["proxy"], strict=True)
    return figures.median([mine - theirs for mine, theirs in pairs])


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# --- what is taken away ---------------------------------------------------------------------------


def _nothing(files: Files) -> None:
    """As the agent wrote it."""


def _no_log(files: Files) -> None:
    files.http["access_log"] = []


def _text_log(files: Files) -> None:
    config = files.http["access_log"][0]["typed_config"]
    line = " ".join(config.pop("log_format")["json_format"].values())
    config["log_format"] = {"text_format_source": {"inline_string": f"{line}\n"}}


def _no_early_changes(files: Files) -> None:
    files.http["early_header_mutation_extensions"] = []


def _no_header_filter(files: Files) -> None:
    _without_filter(files, "headers")


def _no_override_filter(files: Files) -> None:
    _without_filter(files, "overrides")
    for host in files.hosts:
        for route in host["routes"]:
            route.pop("typed_per_filter_config", None)


def _no_ranges_filter(files: Files) -> None:
    _without_filter(files, "ranges")


def _without_filter(files: Files, name: str) -> None:
    files.http["http_filters"] = [f for f in files.http["http_filters"] if f["name"] != name]


def _no_request_id(files: Files) -> None:
    files.http["generate_request_id"] = False


def _no_retries(files: Files) -> None:
    for host in files.hosts:
        host.pop("retry_policy", None)


def _only_percentages(files: Files) -> None:
    """One route without conditions for each Worker."""
    for host in files.hosts:
        host["routes"] = [
            r for r in host["routes"] if r["name"].endswith(names.PERCENTAGE)
        ] or host["routes"]
        host["routes"][0]["match"] = {"prefix": "/"}


def _proof_headers(files: Files) -> None:
    proof = _http(files.listeners[1])
    files.http["http_filters"] = copy.deepcopy(proof["http_filters"])


def _bare(files: Files) -> None:
    for change in (
        _no_log,
        _no_early_changes,
        _no_override_filter,
        _no_header_filter,
        _no_request_id,
        _no_retries,
        _only_percentages,
    ):
        change(files)


VARIANTS: dict[str, Callable[[Files], None]] = {
    AS_IT_IS: _nothing,
    "without the access log": _no_log,
    "with a text log": _text_log,
    "without header changes on arrival": _no_early_changes,
    "without the header filter": _no_header_filter,
    "without the override filter": _no_override_filter,
    "without the filter of ranges": _no_ranges_filter,
    "without a request id": _no_request_id,
    "without retries": _no_retries,
    "with percentages as its only routes": _only_percentages,
    "without all of these": _bare,
    "with proof headers on top": _proof_headers,
}


if __name__ == "__main__":
    main()
