"""Which version an address belongs to: the control plane's answer, cached briefly."""

import pytest

from routing.agent.answers import preview_names
from routing.agent.answers.preview_names import PreviewNames, PreviewRefused
from routing.agent.control_plane.client import ControlPlaneUnavailable, NotFound
from routing.snapshot import Preview
from tests.routing.agent.histories import make_version

SHOP = Preview(worker="shop", version=make_version("a"))


class Plane:
    """Returns `answer` and records the labels."""

    def __init__(self, answer=SHOP):
        self.answer, self.asked = answer, []

    async def find(self, label):
        self.asked.append(label)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def clock():
    """Seconds, moved by hand."""
    return [100.0]


def known(plane, clock=(0.0,)):
    return PreviewNames(plane.find, lambda: "localhost", lambda: clock[0])


@pytest.mark.parametrize(
    "host", ["a-shop.localhost", "A-Shop.LOCALHOST", "a-shop.localhost:8787", "a-shop.localhost."]
)
async def test_the_label_before_the_domain_is_asked_for(host):
    plane = Plane()
    assert await known(plane).preview(host) is SHOP
    assert plane.asked == ["a-shop"]


@pytest.mark.parametrize(
    "host",
    ["", ".localhost", "a-shop.example", "x.a-shop.localhost", "a" * 63 + "-b.localhost"],
)
async def test_what_can_be_no_versions_address_is_refused_without_asking(host):
    plane = Plane()
    with pytest.raises(PreviewRefused, match="no Worker at this host name") as refused:
        await known(plane).preview(host)
    assert refused.value.status == 404 and plane.asked == []


async def test_a_name_without_a_dash_gets_the_control_planes_reason():
    plane = Plane(NotFound("The address of the Worker shop is switched off."))
    with pytest.raises(PreviewRefused, match="switched off") as refused:
        await known(plane).preview("shop.localhost")
    assert refused.value.status == 404 and plane.asked == ["shop"]


async def test_a_name_without_a_dash_is_no_worker_while_the_control_plane_is_away():
    with pytest.raises(PreviewRefused, match="no Worker at this host name") as refused:
        await known(Plane(ControlPlaneUnavailable("refused"))).preview("shop.localhost")
    assert refused.value.status == 404


async def test_an_answer_holds_for_a_second_a_no_as_well(clock):
    plane = Plane()
    names = known(plane, clock)
    await names.preview("a-shop.localhost")
    await names.preview("a-shop.localhost")
    assert len(plane.asked) == 1
    clock[0] += preview_names.FRESH_SECONDS
    plane.answer = NotFound("No version of shop has it.")
    for _ in range(2):
        with pytest.raises(PreviewRefused, match="^No version of shop has it.$"):
            await names.preview("a-shop.localhost")
    assert len(plane.asked) == 2


async def test_while_the_control_plane_is_away_its_last_word_holds(clock):
    plane = Plane()
    names = known(plane, clock)
    await names.preview("a-shop.localhost")
    clock[0] += 3600
    plane.answer = ControlPlaneUnavailable("refused")
    assert await names.preview("a-shop.localhost") is SHOP
    with pytest.raises(PreviewRefused, match=r"unavailable \(refused\)") as refused:
        await names.preview("b-shop.localhost")
    assert refused.value.status == 503


async def test_only_so_many_names_are_remembered(monkeypatch):
    monkeypatch.setattr(preview_names, "_KEPT", 2)
    plane = Plane()
    names = known(plane)
    for label in ("a", "b", "c", "a"):
        await names.preview(f"{label}-shop.localhost")
    assert plane.asked == ["a-shop", "b-shop", "c-shop", "a-shop"]


async def test_made_up_names_are_limited_and_hold_up_no_known_one(clock):
    plane = Plane()
    names = known(plane, clock)
    assert await names.preview("a-shop.localhost", "10.0.0.1") is SHOP
    plane.answer = NotFound("")
    refused = []
    for number in range(600):
        with pytest.raises(PreviewRefused) as error:
            await names.preview(f"{number}-shop.localhost", "10.0.0.2")
        refused.append(error.value.status)
    assert refused == [404] * 40 + [429] * 560
    assert "Rate limit reached. Try again in 1 second." in str(error.value)
    plane.answer = SHOP
    clock[0] += preview_names.FRESH_SECONDS / 2
    plane.asked.clear()
    assert await names.preview("a-shop.localhost", "10.0.0.2") is SHOP and plane.asked == []
    clock[0] += preview_names.FRESH_SECONDS
    assert await names.preview("a-shop.localhost", "10.0.0.2") is SHOP
    assert await names.preview("b-shop.localhost", "10.0.0.3") is SHOP
    assert plane.asked == ["a-shop", "b-shop"]
