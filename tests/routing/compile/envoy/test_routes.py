"""What must never reach Envoy, because it would take it, or refuse everything else with it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from routing.compile import names
from routing.compile.envoy import config
from routing.compile.envoy.bad_url import bad_url
from routing.rules.split import TOTAL
from routing.snapshot import EMPTY, BindingSpec, Snapshot, WorkerSpec
from tests.routing.compile.cases import FETCH, SUMS, make_version, make_worker

OLD, NEW = make_version(1), make_version(2)
CALLER = make_version(
    9,
    bindings=(
        BindingSpec(name="W", type="service", options={"service": "w", "entrypoint": "default"}),
        BindingSpec(name="SUMS", type="service", options={"service": "w", "entrypoint": "Sums"}),
    ),
)


def called(worker: WorkerSpec) -> Snapshot:
    return Snapshot(revision=1, workers=(worker, make_worker("caller", (CALLER, TOTAL))))


def domains(routes: dict[str, Any]) -> list[str]:
    return [domain for host in routes["virtual_hosts"] for domain in host["domains"]]


def test_weights_that_do_not_sum_are_refused() -> None:
    broken = called(make_worker("w", (NEW, 1), (OLD, TOTAL)))
    with pytest.raises(ValueError, match="weights of w must sum to 100000"):
        config.public_routes(broken)
    with pytest.raises(ValueError, match="weights of w"):
        config.internal_routes(broken, {})


def test_a_host_name_belongs_to_the_first_worker_that_claims_it() -> None:
    claims = ("Shared.example", "*")
    snapshot = Snapshot(
        revision=1,
        workers=(
            make_worker("b", (NEW, TOTAL), hostnames=claims),
            make_worker("a", (OLD, TOTAL), hostnames=claims),
        ),
    )
    routes = config.public_routes(snapshot)
    assert domains(routes) == ["shared.example", "*.localhost", "*"]
    assert routes["virtual_hosts"][0]["name"] == "a"


def test_a_route_file_holds_exactly_one_configuration() -> None:
    routes = config.public_routes(Snapshot(revision=1))
    assert json.loads(config.discovery("7", [routes]))["version_info"] == "7"
    with pytest.raises(ValueError, match="one RouteConfiguration per file"):
        config.discovery("7", [routes, routes])


def test_the_same_input_gives_the_same_bytes() -> None:
    workers = (make_worker("a", (OLD, TOTAL)), make_worker("b", (NEW, TOTAL)))
    forward, backward = (Snapshot(revision=1, workers=w) for w in (workers, workers[::-1]))
    assert config.discovery("1", [config.public_routes(forward)]) == config.discovery(
        "1", [config.public_routes(backward)]
    )


def test_rpc_has_a_host_for_each_running_version_and_entrypoint() -> None:
    old, new = make_version(1), make_version(2, exports=(FETCH, SUMS))
    snapshot = called(make_worker("w", (new, 0), (old, TOTAL)))
    routes = config.internal_routes(snapshot, {new.id: 5})
    assert domains(routes) == ["w.default.s5.rpc:80", "w.e53756d73.s5.rpc:80", "*"]


def test_a_worker_that_nobody_calls_has_no_internal_route() -> None:
    alone = make_worker("w", (NEW, TOTAL))
    for snapshot in (
        Snapshot(revision=1, workers=(alone,)),
        called(make_worker("v", (OLD, TOTAL))),
    ):
        routes = config.internal_routes(snapshot, {NEW.id: 0, OLD.id: 0})
        assert domains(routes) == ["*"] and "matcher" not in routes["virtual_hosts"][0]


def test_a_caller_that_is_leaving_can_still_call() -> None:
    snapshot = Snapshot(revision=1, workers=(make_worker("w", (NEW, TOTAL)),))
    routes = config.internal_routes(snapshot, {NEW.id: 0}, {"caller": [CALLER]})
    assert domains(routes) == ["w.default.s0.rpc:80", "*"]
    assert "matcher" in routes["virtual_hosts"][-1]


def test_a_version_that_left_the_deployment_can_still_be_called_for_a_while() -> None:
    gone, now = make_version(1), make_version(2)
    snapshot = called(make_worker("w", (now, TOTAL)))
    routes = config.internal_routes(snapshot, {gone.id: 0, now.id: 1}, {"w": [gone]})
    hosts = {host["name"]: host["routes"][0]["route"] for host in routes["virtual_hosts"][:-1]}
    clusters = [hosts[f"w.default.s{slot}.rpc:80"]["cluster"] for slot in (0, 1)]
    assert clusters == [names.rpc_cluster(v.id) for v in (gone, now)]


@pytest.mark.parametrize(
    ("path", "bad"),
    [
        *((path, True) for path in ("/<", "/a>", "/`", '/?q="', "/?<", "/a?b?>", "/`?a")),
        *((path, False) for path in ("/", '/a"b', "/?q=`", "/{a}|^\\", "/%22?q=%3C", "/?a?b")),
    ],
)
def test_the_edge_refuses_the_urls_that_workerd_refuses(path: str, bad: bool) -> None:
    """Worker by Worker and for previews, before any other route, under a name of no Worker."""
    snapshot = called(make_worker("w", (NEW, TOTAL)))
    first = {
        host["name"]: host["routes"][0] for host in config.public_routes(snapshot)["virtual_hosts"]
    }
    assert first["w"] == first["previews"] == bad_url()
    assert names.parse_route(first["w"]["name"])[0] == ""
    [header] = first["w"]["match"]["headers"]
    assert bool(re.fullmatch(header["string_match"]["safe_regex"]["regex"], path)) is bad


def last_answer(routes: dict[str, Any], host: int = -1) -> tuple[int, list[str]]:
    """Status, and names of the headers that come with it."""
    [route] = routes["virtual_hosts"][host]["routes"]
    added = [header["header"]["key"] for header in route.get("response_headers_to_add", ())]
    return route["direct_response"]["status"], added


def test_an_edge_without_a_snapshot_says_of_no_host_that_nothing_is_there() -> None:
    routes = config.public_routes(EMPTY)
    assert domains(routes) == ["*"]
    assert last_answer(routes) == (503, ["retry-after"])
    assert last_answer(config.public_routes(Snapshot(revision=0))) == (404, [])


def test_a_worker_that_is_not_routed_yet_is_no_unknown_host() -> None:
    snapshot = called(make_worker("w", (NEW, TOTAL)))
    routes = config.public_routes(snapshot, ["Till.localhost", "w.localhost"])
    assert domains(routes) == [
        "caller.localhost",
        "w.localhost",
        "till.localhost",
        "*.localhost",
        "*",
    ]
    assert last_answer(routes, host=2) == (503, ["retry-after"])
    assert last_answer(routes) == (404, [])
