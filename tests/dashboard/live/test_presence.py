"""Two people on one Worker's pages know of each other."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.live import presence
from dashboard.live.models import Presence
from tests.dashboard.live.talking import beat, closed, opened, pushed, signed_in
from tests.factories import make_user, make_worker

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_others_are_named_once_each_in_the_order_they_came():
    maya, jonas, lena = (make_user(name) for name in ("maya", "jonas", "lena"))
    for person in (jonas, maya, lena, jonas):
        presence.arrive(person, "shop")
    presence.arrive(lena, "pricing")
    assert presence.others(maya, "shop") == ["jonas", "lena"]
    assert presence.others(jonas, "pricing") == ["lena"]


def test_one_page_of_two_is_left():
    maya, jonas = make_user("maya"), make_user("jonas")
    one, _ = presence.arrive(jonas, "shop"), presence.arrive(jonas, "shop")
    presence.leave([one])
    assert presence.others(maya, "shop") == ["jonas"]


def test_who_never_said_goodbye_is_forgotten_and_who_stays_is_not():
    maya, jonas = make_user("maya"), make_user("jonas")
    kept, _ = presence.arrive(maya, "shop"), presence.arrive(jonas, "shop")
    Presence.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert presence.others(maya, "shop") == []
    assert presence.renew([kept]) == {"shop"}
    assert presence.renew([kept]) == set()
    assert presence.others(jonas, "shop") == ["maya"] and presence.others(maya, "shop") == []


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["jonas"], "jonas is here too"),
        (["jonas", "lena"], "jonas and lena are here too"),
        (["ann", "jonas", "lena", "vera"], "ann, jonas and 2 more are here too"),
    ],
)
def test_the_words(names, words):
    for name in names:
        presence.arrive(make_user(name), "shop")
    html = presence.here(make_user("maya"), "shop")
    assert words in html and "hidden>" not in html.replace('"true"', "")


def test_alone_nothing_is_said():
    maya = make_user("maya")
    presence.arrive(maya, "shop")
    assert " hidden>" in presence.here(maya, "shop")


def test_a_name_is_text(client):
    presence.arrive(make_user("<b>jonas"), "shop")
    assert "&lt;b&gt;jonas is here" in presence.here(make_user("maya"), "shop")


async def told(talk, words):
    """Waits until the page is told so; what was true before may be told first."""
    while words not in (await pushed(talk, why="people"))["html"]:
        pass


async def test_each_is_told_of_the_other_who_comes_and_goes():
    await sync_to_async(make_worker)("shop")
    maya = await opened(await sync_to_async(signed_in)("maya"))
    jonas = await opened(await sync_to_async(signed_in)("jonas"))
    await told(maya, "jonas is here too")
    lena = await opened(await sync_to_async(signed_in)("lena"))
    await told(jonas, "maya and lena are here too")
    await told(maya, "jonas and lena are here too")
    await closed(jonas)
    await told(maya, "lena is here too")
    await closed(lena)
    await told(maya, " hidden>")
    await closed(maya)
    assert await sync_to_async(Presence.objects.count)() == 0


async def test_the_list_of_workers_tells_of_nobody():
    await sync_to_async(make_worker)("shop")
    talk = await opened(await sync_to_async(signed_in)(), topics="topic=workers")
    assert await sync_to_async(Presence.objects.count)() == 0
    await closed(talk)


def test_the_page_names_the_others_without_scripts(client):
    make_worker("shop")
    client.force_login(make_user("maya"))
    assert 'id="here" hidden' in client.get("/workers/shop/").content.decode()
    presence.arrive(User.objects.get(username="maya"), "shop")
    presence.arrive(make_user("jonas"), "shop")
    assert "jonas is here too" in client.get("/workers/shop/").content.decode()


async def test_when_nobody_can_be_told_the_beat_goes_on(monkeypatch):
    def away(topic):
        raise ConnectionError("no Redis")

    maya = await opened(await sync_to_async(signed_in)("maya"))
    gone = await sync_to_async(make_user)("jonas")
    await sync_to_async(presence.arrive)(gone, "shop")
    await sync_to_async(Presence.objects.filter(person=gone).update)(until=timezone.now())
    monkeypatch.setattr(presence, "RENEW_EVERY", 1)
    monkeypatch.setattr("dashboard.live.audience.people_changed", away)
    for _ in range(3):
        await beat(maya)
    assert await sync_to_async(Presence.objects.count)() == 1
    await closed(maya)
