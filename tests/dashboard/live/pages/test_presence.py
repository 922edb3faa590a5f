"""Two people on one Worker's pages know of each other."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.live.models import Presence
from dashboard.live.pages import presence
from dashboard.live.pages.presence import Others
from dashboard.live.pages.viewer_updates import PER_LOOK, CrowdWatch
from tests.dashboard.live.talking import closed, opened, pushed, signed_in
from tests.factories import make_user, make_worker

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_others_are_named_once_each_in_the_order_they_came():
    maya, jonas, lena = (make_user(name) for name in ("maya", "jonas", "lena"))
    for person in (jonas, maya, lena, jonas):
        presence.arrive(person, "shop")
    presence.arrive(lena, "pricing")
    assert presence.others(maya, "shop") == Others(("jonas", "lena"), 2)
    assert presence.others(jonas, "pricing") == Others(("lena",), 1)


def test_one_page_of_two_is_left():
    maya, jonas = make_user("maya"), make_user("jonas")
    one, _ = presence.arrive(jonas, "shop"), presence.arrive(jonas, "shop")
    presence.leave([one])
    assert presence.others(maya, "shop").names == ("jonas",)


def test_who_never_said_goodbye_is_forgotten_and_who_stays_is_not():
    maya, jonas = make_user("maya"), make_user("jonas")
    kept, _ = presence.arrive(maya, "shop"), presence.arrive(jonas, "shop")
    Presence.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert presence.others(maya, "shop") == Others()
    before = presence.states(["shop"])
    presence.renew([kept])
    assert presence.states(["shop"]) != before and Presence.objects.count() == 1
    assert presence.others(jonas, "shop").names == ("maya",)
    assert presence.others(maya, "shop") == Others()


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
    html = presence.rendered(presence.others(make_user("maya"), "shop"))
    assert words in html and "hidden>" not in html.replace('"true"', "")
    assert html.count("avatar") == min(3, len(names))


def test_alone_nothing_is_said():
    maya = make_user("maya")
    presence.arrive(maya, "shop")
    assert " hidden>" in presence.rendered(presence.others(maya, "shop"))


def test_a_name_is_text(client):
    presence.arrive(make_user("<b>jonas"), "shop")
    assert "&lt;b&gt;jonas is here" in presence.rendered(presence.others(make_user("maya"), "shop"))


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


class Looks:
    """A viewer of shop who counts what they are told."""

    topics = frozenset({"worker:shop"})

    def __init__(self, name):
        self.person_name, self.told = name, []

    def see(self, sequence, html, worker):
        self.told.append(html)


async def test_an_arrival_costs_the_same_however_many_look():
    """Many who come one after another are told of once for a while, and read in two queries."""
    watch, people = CrowdWatch(), [await sync_to_async(make_user)(f"p{n}") for n in range(8)]
    viewers = [Looks(f"p{n}") for n in range(3 * PER_LOOK)]
    for look, person in enumerate(people):
        await sync_to_async(presence.arrive)(person, "shop")
        await watch.look(look, viewers)
    assert [len(v.told) for v in viewers] == [2] * len(viewers)  # in looks 0 and 4
    assert "p0, p1 and 2 more" in viewers[3].told[1] and "p1, p2 and 2 more" in viewers[0].told[1]
    await watch.look(8, viewers)
    assert "p0, p1 and 5 more are here too" in viewers[7].told[2]
    await watch.look(20, viewers)
    assert len(viewers[7].told) == 3  # nothing changed
