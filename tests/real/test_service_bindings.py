"""Workers that call Workers: fetch through Envoy, RPC by slots."""

from __future__ import annotations

import pytest

from routing.compile.names import KEY
from routing.rules import affinity
from routing.rules.split import TOTAL
from tests.eventually import eventually
from tests.real.plane import GIVEN, Plane

pytestmark = pytest.mark.real


def test_an_inner_fetch_follows_the_percentages(plane: Plane) -> None:
    found = plane.call("/count", 400).json
    assert 70 < found[plane.new_id] < 170, found


def test_an_inner_fetch_follows_its_key(plane: Plane) -> None:
    shares = plane.edge.worker("echo").deployment.shares
    for n in range(10):
        expected = affinity.pick([f"k{n}"], shares)
        assert plane.call("/count", 5, {KEY: f"k{n}"}).json == {expected: 5}
        forwarded = plane.edge.get("caller", "/forward", {KEY: f"k{n}"})
        assert forwarded.json["id"] == expected


def test_a_forwarded_override_reaches_the_callee(plane: Plane) -> None:
    plane.split(0)
    reply = plane.edge.get("caller", "/forward", plane.override(plane.new_id))
    assert reply.json["id"] == plane.new_id
    assert reply.headers["x-sluice-version"] == plane.caller.version.id
    assert reply.headers["x-sluice-override"] == "not_addressed"


def test_an_explicit_override_reaches_the_callee(plane: Plane) -> None:
    plane.split(0)
    assert plane.call("/count", 20, plane.override(plane.new_id)).json == {plane.new_id: 20}
    assert plane.call("/count", 20).json == {plane.old_id: 20}


def test_a_named_entrypoint_is_fetched(plane: Plane) -> None:
    plane.split(0)
    reply = plane.call("/fetch", binding="SUMS", headers=plane.override(plane.new_id))
    assert (reply.json["entrypoint"], reply.json["id"]) == ("Sums", plane.new_id)
    assert plane.call("/fetch", binding="SUMS").json["id"] == plane.old_id


@pytest.mark.parametrize("binding", ["ECHO", "SUMS"])
def test_rpc_follows_the_percentages_and_their_change(plane: Plane, binding: str) -> None:
    eventually(lambda: len(plane.call("/rpc", 20, binding=binding).json) == 2)
    found = plane.call("/rpc", 400, binding=binding).json
    assert 70 < found[plane.new_id] < 170, found
    plane.split(TOTAL)
    eventually(lambda: plane.call("/rpc", 20, binding=binding).json == {plane.new_id: 20})


def test_props_of_a_binding_reach_fetch_and_rpc(plane: Plane) -> None:
    plane.split(0)
    forged = {"x-edge-props": '{"entrypoint":"default","props":{"most":9}}'}
    reply = plane.call("/props", headers=forged, binding="WITH_PROPS")
    assert reply.json == {"props": GIVEN, "header": None}
    assert plane.call("/props", headers=forged).json == {"props": {}, "header": None}
    assert plane.call("/given", binding="WITH_PROPS").json == {"entrypoint": "", **GIVEN}
    assert plane.call("/given", binding="SUMS_WITH_PROPS").json == {"entrypoint": "Sums", "a": 1}
    assert plane.call("/given", binding="SUMS").json == {"entrypoint": "Sums"}
    assert plane.call("/limits", binding="WITH_PROPS").json == GIVEN["most"]
    assert plane.call("/fetch", binding="PLAIN_WITH_PROPS").json == "plain with props"
    for path, answer in (("/twice", 42), ("/counter", 1)):
        assert plane.call(path, binding="WITH_PROPS").json == answer
    assert "TypeError: on purpose" in plane.call("/fails", binding="WITH_PROPS").text


def test_calls_with_props_follow_percentages_and_overrides(plane: Plane) -> None:
    plane.split(TOTAL)
    new = {plane.new_id: 20}
    eventually(lambda: plane.call("/count", 20, binding="WITH_PROPS").json == new)
    eventually(lambda: plane.call("/rpc", 20, binding="WITH_PROPS").json == new)
    old = plane.override(plane.old_id)
    assert plane.call("/count", 5, old, binding="WITH_PROPS").json == {plane.old_id: 5}


def test_any_name_of_a_worker_and_an_entrypoint_will_do(plane: Plane) -> None:
    assert plane.call("/fetch", binding="ODD").json == "odd"
    assert plane.call("/rpc", 2, binding="ODD").json == {"odd": 2}


def test_rpc_carries_callbacks_stubs_and_errors(plane: Plane) -> None:
    assert plane.call("/twice").json == 42
    assert plane.call("/counter").json == 1
    assert plane.call("/fails").text == "TypeError: on purpose"


def test_an_entrypoint_of_one_version_fails_clearly_on_the_other(plane: Plane) -> None:
    replies = [plane.call("/fetch", binding="FRESH") for _ in range(40)]
    assert {reply.status for reply in replies} == {200, 503}
    refused = next(reply for reply in replies if reply.status == 503)
    assert "The version that was chosen exports no entrypoint of that name" in refused.text
    called = [plane.call("/rpc", 1, binding="FRESH") for _ in range(40)]
    assert {reply.text for reply in called} == {'{"odd":1}', "Error: Network connection lost."}


@pytest.mark.parametrize("binding", ["GHOST", "NOPE"])
def test_calling_what_is_not_deployed_is_a_clear_error(plane: Plane, binding: str) -> None:
    fetched = plane.call("/fetch", binding=binding)
    assert fetched.status == 503
    assert "has no deployment, or exports no entrypoint of that name" in fetched.text
    called = plane.call("/rpc", 1, binding=binding)
    assert called.status == 599 and "exports no entrypoint of that name" in called.text


def test_scheme_and_ray_survive_the_hop(plane: Plane) -> None:
    inner = plane.call("/fetch").json
    assert inner["url"] == "https://inside.example/path?secret=1"
    assert inner["headers"]["x-forwarded-proto"] == "https"
    forwarded = plane.edge.get("caller", "/forward")
    assert forwarded.json["headers"]["cf-ray"] == forwarded.headers["cf-ray"]
    assert forwarded.json["cf"] == {"colo": "EDGE1", "httpProtocol": "HTTP/1.1"}
