"""The decision, run: real Envoy, real workerd, real requests over loopback."""

from __future__ import annotations

import time

import pytest

from routing.compile import names
from routing.compile.names import KEY, OVERRIDES
from routing.rules import affinity
from routing.rules.override import LONGEST_FIELD
from routing.rules.split import TOTAL
from tests.eventually import eventually
from tests.real.plane import Plane

pytestmark = pytest.mark.real


# --- percentages, affinity, overrides -------------------------------------------------------------


def test_envoy_has_nothing_to_complain_about(plane: Plane) -> None:
    assert (plane.edge.folder / "log/envoy.txt").read_text() == ""


def test_requests_follow_the_percentages(plane: Plane) -> None:
    found = plane.draws(1000)
    assert 230 < found[plane.new_id] < 370, found  # five standard deviations


def test_a_version_at_0_percent_gets_nothing(plane: Plane) -> None:
    plane.split(0)
    assert plane.draws(200) == {plane.old_id: 200}


def test_a_key_goes_where_the_rules_say(plane: Plane) -> None:
    shares = plane.edge.worker("echo").deployment.shares
    for n in range(200):
        key = f"user-{n} Ω".encode()
        reply = plane.edge.get("echo", headers=[(KEY, key)])
        assert reply.json["id"] == affinity.pick([key], shares)
        assert reply.headers["x-sluice-reason"] == "affinity"


def test_raising_a_percentage_moves_no_key_away(plane: Plane) -> None:
    keys = [f"k{n}" for n in range(60)]
    on_new: set[str] = set()
    for weight in (10_000, 30_000, 80_000, TOTAL):
        plane.split(weight)
        now = {
            k for k in keys if plane.edge.get("echo", headers={KEY: k}).json["id"] == plane.new_id
        }
        assert on_new <= now
        on_new = now
    assert on_new == set(keys)


def test_an_empty_key_is_no_key(plane: Plane) -> None:
    assert set(plane.draws(60, **{KEY: ""})) == {plane.old_id, plane.new_id}
    assert plane.edge.get("echo", headers={KEY: " "}).headers["x-sluice-reason"] == "percentage"


def test_an_override_reaches_a_version_at_0_percent(plane: Plane) -> None:
    plane.split(0)
    for _ in range(20):
        reply = plane.edge.get("echo", headers=plane.override(plane.new_id))
        assert reply.json["id"] == plane.new_id
        assert reply.headers["x-sluice-reason"] == "override"
        assert reply.headers["x-sluice-override"] == "applied"


def test_an_override_wins_over_a_key(plane: Plane) -> None:
    for key in "abcdefgh":
        headers = {KEY: key, **plane.override(plane.old_id)}
        assert plane.edge.get("echo", headers=headers).json["id"] == plane.old_id


@pytest.mark.parametrize(
    "field, outcome",
    [
        ('echo="00000000-0000-4000-8000-000000000000"', "unknown_version"),
        ('other="{new}"', "not_addressed"),
        ("echo=1{new}", "invalid_header"),
        ("echo=a{new}", "not_a_string"),
        ("echo=token", "not_a_string"),
        ('echo="{new}', "invalid_header"),
        ('echo="{new}" junk', "invalid_header"),
        ('ECHO="{new}"', "invalid_header"),
        ('echo="é"', "invalid_header"),
        ("", "absent"),
    ],
)
def test_a_broken_override_is_routed_as_if_absent(plane: Plane, field: str, outcome: str) -> None:
    plane.split(0)
    line = (OVERRIDES, field.replace("{new}", plane.new_id).encode())
    reply = plane.edge.get("echo", headers=[line])
    assert (reply.status, reply.json["id"]) == (200, plane.old_id)
    assert reply.headers["x-sluice-reason"] == "percentage"
    assert reply.headers["x-sluice-override"] == outcome


def test_a_key_still_counts_beside_a_broken_override(plane: Plane) -> None:
    for n in range(20):
        reply = plane.edge.get("echo", headers={KEY: f"k{n}", OVERRIDES: "("})
        shares = plane.edge.worker("echo").deployment.shares
        assert reply.json["id"] == affinity.pick([f"k{n}"], shares)
        assert reply.headers["x-sluice-reason"] == "affinity"
        assert reply.headers["x-sluice-override"] == "invalid_header"


def test_two_header_lines_are_one_field_and_the_last_member_wins(plane: Plane) -> None:
    plane.split(0)
    lines = [(OVERRIDES, 'echo="nope", other="x"'), (OVERRIDES.title(), f'echo="{plane.new_id}"')]
    assert plane.edge.get("echo", headers=lines).json["id"] == plane.new_id


@pytest.mark.parametrize(("members", "judged"), [(300, True), (1200, False)])
def test_a_long_header_passes_unchanged_and_is_judged_up_to_16_kb(
    plane: Plane, members: int, judged: bool
) -> None:
    plane.split(0)
    field = ", ".join(f'w{n}="{plane.old_id}"' for n in range(members))
    field += f', echo="{plane.new_id}"'
    assert (len(field) <= LONGEST_FIELD) is judged
    reply = plane.edge.get("echo", headers={OVERRIDES: field})
    assert reply.status == 200 and reply.json["headers"][OVERRIDES] == field
    assert reply.json["id"] == (plane.new_id if judged else plane.old_id)
    assert reply.headers["x-sluice-override"] == ("applied" if judged else "invalid_header")


# --- the decide service ---------------------------------------------------------------------------


def test_only_the_routes_decide_what_is_in_the_deployment(plane: Plane) -> None:
    plane.edge.forced_outcome = "not_propagated"  # what it tells for a route that may not be there
    reply = plane.edge.get("echo", headers=plane.override("of-another-revision"))
    assert reply.status == 200 and reply.json["id"] in (plane.old_id, plane.new_id)
    assert reply.headers["x-sluice-reason"] == "percentage"
    assert reply.headers["x-sluice-override"] == "not_propagated"
    line = plane.edge.log("proof", ray=reply.headers["cf-ray"])
    kind = names.parse_route(line["route"])[1]
    assert names.override_outcome(kind, line["outcome"]) == "not_propagated"


def asked(plane: Plane) -> dict[str, str]:
    """An override header that Envoy cannot match by its text, so that the service is asked."""
    return {OVERRIDES: f'other="x", echo="{plane.new_id}"'}


def test_a_slow_decide_service_costs_a_quarter_of_a_second_at_most(plane: Plane) -> None:
    plane.edge.decide_delay = 5
    started = time.monotonic()
    reply = plane.edge.get("echo", headers=asked(plane))
    assert time.monotonic() - started < 3
    assert reply.status == 200
    assert reply.headers["x-sluice-override"] == "unavailable"


def test_a_dead_decide_service_costs_nothing(plane: Plane) -> None:
    plane.edge.decide_delay = 0.4
    plane.edge.get("echo", headers=asked(plane))  # Envoy closes the connection that is late
    plane.edge.decide_delay = 0
    path = plane.edge.folder / "decide.sock"
    path.rename(path.with_suffix(".away"))
    try:
        for _ in range(8):
            reply = plane.edge.get("echo", headers=asked(plane))
            assert reply.status == 200
            assert reply.headers["x-sluice-override"] == "unavailable"
            alone = plane.edge.get("echo", headers=plane.override(plane.new_id))
            assert alone.json["id"] == plane.new_id  # nobody was asked
            assert alone.headers["x-sluice-override"] == "applied"
    finally:
        path.with_suffix(".away").rename(path)
    eventually(
        lambda: (
            plane.edge.get("echo", headers=asked(plane)).headers["x-sluice-override"] == "applied"
        ),
        seconds=15,
    )


def test_time_outs_of_some_switch_off_the_overrides_of_nobody(plane: Plane) -> None:
    """Five used to eject the service for five seconds."""
    plane.edge.decide_delay = 0.4
    for _ in range(6):
        late = plane.edge.get("echo", headers=asked(plane))
        assert late.headers["x-sluice-override"] == "unavailable"
    plane.edge.decide_delay = 0
    reply = plane.edge.get("echo", headers=asked(plane))
    assert reply.headers["x-sluice-override"] == "applied"
