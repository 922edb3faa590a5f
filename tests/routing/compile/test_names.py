"""Names that two programs must agree on: what one side writes, the other reads."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from routing.compile import names
from routing.compile.envoy.headers import colo
from routing.rules.override import Outcome
from routing.snapshot import Export
from tests.routing.compile.cases import FETCH, SUMS, make_version, version_id

WORKERS = st.from_regex(r"[a-z0-9]([a-z0-9_-]{0,9}[a-z0-9])?", fullmatch=True)
ENTRYPOINTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(ENTRYPOINTS)
def test_a_cluster_tells_its_version_and_entrypoint(entrypoint: str) -> None:
    name = names.cluster(version_id(1), entrypoint)
    assert names.parse_cluster(name) == (version_id(1), entrypoint)
    assert names.parse_cluster(names.rpc_cluster(name)) == (version_id(1), entrypoint)


@given(st.lists(ENTRYPOINTS, min_size=2, max_size=2, unique=True))
def test_entrypoints_share_no_name(pair: list[str]) -> None:
    one, other = pair
    assert names.target("w", one) != names.target("w", other)
    assert names.rpc_host("w", one, 0).lower() != names.rpc_host("w", other, 0).lower()
    sockets = [names.socket_file(version_id(1), names.socket(name)) for name in pair]
    assert sockets[0] != sockets[1]


@given(st.lists(WORKERS, min_size=2, max_size=2, unique=True))
def test_workers_share_no_rpc_host(pair: list[str]) -> None:
    hosts = {names.rpc_host(worker, "Sums", 0) for worker in pair}
    assert len(hosts) == 2 and not any("_" in host or ".." in host for host in hosts)


@given(ENTRYPOINTS)
def test_names_are_short_and_plain_ascii(entrypoint: str) -> None:
    path = names.socket_file(version_id(1), names.socket(entrypoint))
    assert len(path) < 80 and path.isascii()
    assert names.rpc_host("a_b-c", entrypoint, 7).isascii()
    assert names.target("w", entrypoint).isascii()


@pytest.mark.parametrize("worker", ["checkout", "a-b_c"])
def test_a_route_tells_its_worker_and_kind(worker: str) -> None:
    route = names.route(worker, names.PERCENTAGE + names.CHECKED)
    assert names.parse_route(route) == (worker, "percentage+checked")
    assert names.parse_route("no-worker") == ("", "no-worker")


@pytest.mark.parametrize(
    "kind, reason",
    [
        ("override", "override"),
        ("affinity", "affinity"),
        ("percentage", "percentage"),
        ("affinity+checked", "affinity"),
        ("rpc", ""),
        ("no-worker", ""),
    ],
)
def test_reasons(kind: str, reason: str) -> None:
    assert names.reason(kind) == reason


@pytest.mark.parametrize(
    "kind, told, outcome",
    [
        ("percentage", None, "absent"),
        ("affinity", None, "absent"),
        ("override", "applied", "applied"),
        ("percentage+checked", "unknown_version", "unknown_version"),
        ("affinity+checked", "absent", "absent"),
        ("percentage+checked", None, "unavailable"),
        ("percentage+checked", "not_propagated", "not_propagated"),
    ],
)
def test_override_outcomes(kind: str, told: str | None, outcome: str) -> None:
    assert names.override_outcome(kind, told) == outcome
    assert outcome in set(Outcome)


def test_entrypoints_are_the_default_one_and_what_can_be_called() -> None:
    exports = (
        SUMS,
        FETCH,
        Export(name="Room", kind="DurableObject"),
        Export(name="helper", kind="function"),
        Export(name="constants", kind="object"),
        Export(name="Admin", kind="object", handlers=("fetch",)),
    )
    assert names.entrypoints(make_version(exports=exports)) == ("", "Admin", "Sums")


@pytest.mark.parametrize(
    ("text", "ray"),
    [
        ("921013af4141b6c9-LOCAL1", "921013af4141b6c9-LOCAL1"),
        ("a/b", ""),
        ("921013af4141b6c9-LOCAL1\n", ""),
        ("921013AF4141B6C9-LOCAL1", ""),
        ("921013af4141b6c9-", ""),
        (None, ""),
    ],
)
def test_only_what_the_edge_could_have_made_is_a_ray(text, ray):
    assert names.parse_ray(text) == ray


def test_the_edges_own_rays_have_that_form():
    assert all(names.parse_ray(f"{'0' * 16}-{colo(name)}") for name in ("local-1", "é", "x" * 63))
