"""What must never reach Envoy, because it would take it, or refuse everything else with it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from routing.compile import names
from routing.compile.envoy import config, routes
from routing.compile.envoy.bad_url import bad_urls
from routing.rules.split import TOTAL
from routing.snapshot import BindingSpec, Overrides, Snapshot, WorkerSpec
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


def keys(scopes: dict[str, Any], kind: str) -> list[str]:
    """Sorted, without the kind."""
    return sorted(key.partition("|")[2] for key in scopes if key.startswith(f"{kind}|"))


def routes_of(scope: dict[str, Any]) -> list[dict[str, Any]]:
    [host] = scope["route_configuration"]["virtual_hosts"]
    return host["routes"]


def test_weights_that_do_not_sum_are_refused() -> None:
    broken = called(make_worker("w", (NEW, 1), (OLD, TOTAL)))
    with pytest.raises(ValueError, match="weights of w must sum to 100000"):
        config.public_scopes(broken)
    with pytest.raises(ValueError, match="weights of w"):
        config.internal_scopes(broken, {})


def test_a_host_name_belongs_to_the_first_worker_that_claims_it() -> None:
    claims = ("Shared.example", "*")
    snapshot = Snapshot(
        revision=1,
        workers=(
            make_worker("b", (NEW, TOTAL), hostnames=claims),
            make_worker("a", (OLD, TOTAL), hostnames=claims),
        ),
    )
    scopes = config.public_scopes(snapshot)
    assert keys(scopes, "public") == ["*", "shared.example"]
    [host] = scopes["public|shared.example"]["route_configuration"]["virtual_hosts"]
    assert host["name"] == "a"


def test_a_public_host_name_leads_to_no_service_binding() -> None:
    """Both kinds of scopes are in one table of Envoy."""
    worker = make_worker("w", (NEW, TOTAL), hostnames=("w", "internal|w"))
    public = config.public_scopes(called(worker))
    internal = config.internal_scopes(called(worker), {NEW.id: 0})
    assert keys(internal, "internal") and not public.keys() & internal.keys()


def test_the_same_input_gives_the_same_scopes() -> None:
    workers = (make_worker("a", (OLD, TOTAL)), make_worker("b", (NEW, TOTAL)))
    forward, backward = (Snapshot(revision=1, workers=w) for w in (workers, workers[::-1]))
    assert config.public_scopes(forward) == config.public_scopes(backward)


def test_rpc_has_a_host_for_each_running_version_and_entrypoint() -> None:
    old, new = make_version(1), make_version(2, exports=(FETCH, SUMS))
    snapshot = called(make_worker("w", (new, 0), (old, TOTAL)))
    scopes = config.internal_scopes(snapshot, {new.id: 5})
    hosts = ["w.default.s5.rpc", "w.e53756d73.s5.rpc"]
    assert keys(scopes, "internal") == ["w", *hosts, "w/Sums"]


def test_a_worker_that_nobody_calls_has_no_internal_route() -> None:
    alone = make_worker("w", (NEW, TOTAL))
    for snapshot in (
        Snapshot(revision=1, workers=(alone,)),
        called(make_worker("v", (OLD, TOTAL))),
    ):
        assert config.internal_scopes(snapshot, {NEW.id: 0, OLD.id: 0}) == {}


def test_a_caller_that_is_leaving_can_still_call() -> None:
    snapshot = Snapshot(revision=1, workers=(make_worker("w", (NEW, TOTAL)),))
    scopes = config.internal_scopes(snapshot, {NEW.id: 0}, {"caller": [CALLER]})
    assert keys(scopes, "internal") == ["w", "w.default.s0.rpc"]


def test_a_version_that_left_the_deployment_can_still_be_called_for_a_while() -> None:
    gone, now = make_version(1), make_version(2)
    snapshot = called(make_worker("w", (now, TOTAL)))
    scopes = config.internal_scopes(snapshot, {gone.id: 0, now.id: 1}, {"w": [gone]})
    hosts = [scopes[f"internal|w.default.s{slot}.rpc"] for slot in (0, 1)]
    clusters = [routes_of(host)[0]["route"]["cluster"] for host in hosts]
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
    scopes = config.public_scopes(snapshot)
    first = {key: routes_of(scope)[:2] for key, scope in scopes.items()}
    assert first["public|w.localhost"] == first["preview"] == bad_urls()
    assert [names.parse_route(route["name"])[0] for route in bad_urls()] == ["", ""]
    [header] = bad_urls()[1]["match"]["headers"]
    assert bool(re.fullmatch(header["string_match"]["safe_regex"]["regex"], path)) is bad


@pytest.mark.parametrize(
    ("host", "bad"),
    [
        *((host, False) for host in ("w", "W-1.x_y.org", "w:", "w:0", "w:8787", "w:65535")),
        *((host, True) for host in ("w:abc", "w:65536", "w:-1", "w:1:2", "w,w", "a b", "%41", "")),
    ],
)
def test_the_edge_refuses_the_hosts_that_workerd_refuses(host: str, bad: bool) -> None:
    [header] = bad_urls()[0]["match"]["headers"]
    regex = header["string_match"]["safe_regex"]["regex"]
    assert (not re.fullmatch(regex, host)) is (bad and header["invert_match"])


def test_a_worker_that_is_not_routed_yet_is_no_unknown_host() -> None:
    snapshot = called(make_worker("w", (NEW, TOTAL)))
    scopes = config.public_scopes(snapshot, ["Till.localhost", "w.localhost"])
    assert keys(scopes, "public") == ["caller.localhost", "till.localhost", "w.localhost"]
    [route] = routes_of(scopes["public|till.localhost"])
    assert route["direct_response"]["status"] == 503
    assert route["response_headers_to_add"][0]["header"]["key"] == "retry-after"
    assert len(routes_of(scopes["public|w.localhost"])) > 1


def named_alone(worker: WorkerSpec) -> list[str]:
    """Override headers that Envoy matches by their text."""
    [scope] = routes.worker_scopes(worker).values()
    return [
        header["string_match"]["exact"]
        for route in routes_of(scope)
        for header in route["match"].get("headers", [])
        if header["name"] == names.OVERRIDES and "string_match" in header
    ]


def test_a_header_with_one_live_version_alone_needs_no_question() -> None:
    both = make_worker("shop", (NEW, 10_000), (OLD, TOTAL - 10_000))
    assert named_alone(both) == [f'shop="{NEW.id}"', f'shop="{OLD.id}"']


def test_a_worker_that_no_header_can_name_has_no_such_route() -> None:
    assert named_alone(make_worker("1shop", (NEW, TOTAL))) == []


def test_overrides_that_need_a_permission_are_always_asked_about() -> None:
    protected = replace(make_worker("shop", (NEW, TOTAL)), overrides=Overrides(protected=True))
    assert named_alone(protected) == []
