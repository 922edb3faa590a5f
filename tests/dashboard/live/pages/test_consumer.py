"""The browsers' WebSocket: who may listen, what is pushed, once for all and in order."""

import asyncio
import json
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from dashboard.accounts.models import Session, User
from dashboard.edges.protocol import reports
from dashboard.live.pages import consumer, fragments
from dashboard.live.pages.consumer import PageConsumer
from dashboard.live.pages.fragments import UpdateReason
from dashboard.live.pages.updates import announce, changed
from routing.models import Edge
from tests.dashboard.live.talking import beat, closed, opened, pushed, signed_in, socket
from tests.factories import make_deployment, make_edge, make_version, make_worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("origin", ["http://evil.example", ""])
async def test_pages_of_strangers_are_refused(origin):
    talk = socket(await sync_to_async(signed_in)(), origin=origin)
    await talk.send_input({"type": "websocket.connect"})
    assert (await talk.receive_output())["type"] == "websocket.close"


async def test_who_is_not_signed_in_is_refused():
    talk = socket()
    await talk.send_input({"type": "websocket.connect"})
    refused = await talk.receive_output()
    assert refused["type"] == "websocket.close" and refused["code"] == 4401


async def test_a_page_that_is_open_is_noted_with_its_person():
    talk = await opened(await sync_to_async(signed_in)("maya"))
    maya = await sync_to_async(User.objects.get)(username="maya")
    assert timezone.now() - maya.seen_on < timedelta(minutes=1)
    await closed(talk)


def ended():
    Session.objects.all().delete()


def expired():
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))


def other_password():
    maya = User.objects.get()
    maya.set_password("another")
    maya.save()


def off():
    User.objects.update(is_active=False)


@pytest.mark.parametrize("change", [ended, expired, other_password, off])
async def test_a_page_ends_with_its_session(monkeypatch, change):
    monkeypatch.setattr(consumer, "CHECK_EVERY", 1)
    talk = await opened(await sync_to_async(signed_in)("maya"))
    await sync_to_async(change)()
    async with asyncio.timeout(5):
        while (message := await talk.receive_output(5))["type"] != "websocket.close":
            pass
    assert message["code"] == 4401
    await closed(talk)


async def test_a_deployment_is_pushed_to_everybody_who_looks_at_the_worker():
    worker = await sync_to_async(make_worker)("shop", versions=2)
    maya = await opened(await sync_to_async(signed_in)("maya"))
    jonas = await opened(await sync_to_async(signed_in)("jonas"))
    await sync_to_async(make_deployment)(worker)
    ours, theirs = await pushed(maya), await pushed(jonas)
    assert ours == theirs
    assert ours["why"] == "deployment"
    for part in ("worker-state", "live", "versions", "history", "edges-pill", "live-strip"):
        assert f'id="{part}"' in ours["html"]
    await closed(maya)
    await closed(jonas)


async def test_nothing_that_depends_on_a_person_is_pushed():
    worker = await sync_to_async(make_worker)("shop", versions=2)
    talk = await opened(await sync_to_async(signed_in)())
    await sync_to_async(make_deployment)(worker)
    html = (await pushed(talk))["html"]
    assert "csrfmiddlewaretoken" not in html and "Roll back" not in html
    assert "maya" not in html
    await closed(talk)


async def test_other_workers_are_not_followed():
    await sync_to_async(make_worker)("shop")
    talk = await opened(await sync_to_async(signed_in)())
    await sync_to_async(make_version)("other")
    await sync_to_async(changed)("worker:other", UpdateReason.DEPLOYMENT)
    with pytest.raises(TimeoutError):
        await pushed(talk, timeout=0.4)


async def test_an_edge_that_reports_is_shown_at_once():
    worker = await sync_to_async(make_worker)("shop")
    made = await sync_to_async(make_deployment)(worker)
    edge = await sync_to_async(make_edge)("local-1")
    talk = await opened(await sync_to_async(signed_in)())
    body = json.dumps({"revision": made.revision}).encode()
    await sync_to_async(reports.accept)(edge, body)
    message = await pushed(talk, timeout=1)
    assert "1/1 edge on revision" in message["html"] and message["why"] == "edges"
    await closed(talk)


async def test_a_report_without_news_is_not_pushed():
    worker = await sync_to_async(make_worker)("shop")
    await sync_to_async(make_deployment)(worker)
    edge = await sync_to_async(make_edge)("local-1")
    await sync_to_async(reports.accept)(edge, b'{"revision": 2}')
    talk = await opened(await sync_to_async(signed_in)())
    edge = await sync_to_async(Edge.objects.get)(name="local-1")
    await sync_to_async(reports.accept)(edge, b'{"revision": 2}')
    with pytest.raises(TimeoutError):
        await pushed(talk, timeout=0.4)


async def test_metrics_come_at_most_twice_a_second(monkeypatch):
    worker = await sync_to_async(make_worker)("shop")
    await sync_to_async(make_deployment)(worker)
    rendered = []
    original = fragments.render
    monkeypatch.setattr(fragments, "render", lambda *a: (rendered.append(a), original(*a))[1])
    talk = await opened(await sync_to_async(signed_in)())
    for _ in range(10):
        await sync_to_async(changed)("worker:shop", UpdateReason.METRICS)
        await asyncio.sleep(0.06)
    await asyncio.sleep(0.6)
    assert 2 <= sum(why is UpdateReason.METRICS for _, why, _ in rendered) <= 3
    await closed(talk)


async def test_rooms_announce_parts_of_their_own():
    await sync_to_async(make_worker)("shop")
    talk = await opened(await sync_to_async(signed_in)())
    await sync_to_async(announce)("worker:shop", '<p id="step">2 of 6</p>')
    assert (await pushed(talk))["html"] == '<p id="step">2 of 6</p>'
    await closed(talk)


async def test_the_list_gets_the_row_that_changed():
    worker = await sync_to_async(make_worker)("shop")
    await sync_to_async(make_worker)("other")
    talk = await opened(await sync_to_async(signed_in)(), topics="topic=workers")
    await sync_to_async(make_deployment)(worker)
    html = (await pushed(talk))["html"]
    assert 'id="w-shop"' in html and 'id="w-other"' not in html
    await closed(talk)


async def test_silence_is_never_longer_than_a_second_or_so():
    talk = await opened(await sync_to_async(signed_in)())
    await beat(talk)
    first = asyncio.get_running_loop().time()
    await beat(talk)
    assert 0.5 < asyncio.get_running_loop().time() - first < 2.5
    await closed(talk)


async def test_a_change_that_no_message_told_is_found_by_looking(monkeypatch):
    worker = await sync_to_async(make_worker)("shop")
    talk = await opened(await sync_to_async(signed_in)())
    await beat(talk)
    monkeypatch.setattr("dashboard.live.channel.broadcast.get_channel_layer", lambda: None)
    await sync_to_async(make_deployment)(worker)
    assert 'id="live"' in (await pushed(talk, timeout=3))["html"]
    await closed(talk)


async def test_a_reader_who_does_not_read_holds_up_nobody(monkeypatch):
    worker = await sync_to_async(make_worker)("shop")
    slow = await opened(await sync_to_async(signed_in)("slow"))
    quick = await opened(await sync_to_async(signed_in)("quick"))
    original = PageConsumer.send_json

    async def stuck(self, content):
        if self.scope["user"].username == "slow":
            await asyncio.sleep(60)
        await original(self, content)

    monkeypatch.setattr(PageConsumer, "send_json", stuck)
    await asyncio.sleep(1.2)
    await sync_to_async(make_deployment)(worker)
    assert (await pushed(quick))["why"] == "deployment"
    await closed(quick)
    await closed(slow)


def report(version, state, revision=2):
    states = {str(version.id): {"state": state}}
    return json.dumps({"revision": revision, "versions": states}).encode()


async def test_the_list_shows_who_is_not_well_and_who_is_again():
    worker = await sync_to_async(make_worker)("shop")
    made = await sync_to_async(make_deployment)(worker)
    version = await sync_to_async(worker.versions.get)()
    edge = await sync_to_async(make_edge)("local-1")
    await sync_to_async(reports.accept)(edge, report(version, "running", made.revision))
    talk = await opened(await sync_to_async(signed_in)(), topics="topic=workers")
    for state, words in (("backoff", "crash loop"), ("running", "")):
        edge = await sync_to_async(Edge.objects.get)(name="local-1")
        await sync_to_async(reports.accept)(edge, report(version, state, made.revision))
        html = (await pushed(talk))["html"]
        while 'id="w-shop"' not in html:
            html = (await pushed(talk))["html"]
        assert ("crash loop" in html) == bool(words)
    await closed(talk)


async def test_a_first_upload_that_no_edge_needs_is_shown_too():
    await sync_to_async(make_worker)("shop")
    talk = await opened(await sync_to_async(signed_in)())
    await sync_to_async(make_version)("shop")
    message = await pushed(talk)
    assert message["why"] == "deployment"
    assert 'data-version="2"' in message["html"] and "It has no version" not in message["html"]
    await closed(talk)


async def test_what_is_pushed_about_a_worker_without_deployment_names_its_versions():
    await sync_to_async(make_worker)("shop")
    talk = await opened(await sync_to_async(signed_in)())
    await sync_to_async(changed)("worker:shop", UpdateReason.EDGES)
    assert "Deploy one of its versions" in (await pushed(talk))["html"]
    await closed(talk)


async def test_the_page_of_a_deployment_follows_its_edges():
    worker = await sync_to_async(make_worker)("shop")
    made = await sync_to_async(make_deployment)(worker)
    edge = await sync_to_async(make_edge)("local-1")
    talk = await opened(await sync_to_async(signed_in)(), topics=f"topic=deployment:{made.id}")
    body = json.dumps({"revision": made.revision}).encode()
    await sync_to_async(reports.accept)(edge, body)
    assert 'id="meter"' in (await pushed(talk))["html"]
    await closed(talk)


@pytest.mark.parametrize("topic", ["deployment:nonsense", "deployment:", "nothing:at-all"])
async def test_topics_that_mean_nothing_do_no_harm(topic):
    talk = socket(await sync_to_async(signed_in)(), topics=f"topic={topic}")
    await talk.send_input({"type": "websocket.connect"})
    assert (await talk.receive_output())["type"] == "websocket.accept"
    await talk.receive_output(2.5)
    await closed(talk)


async def test_an_edge_that_takes_too_long_is_told_to_be_late():
    worker = await sync_to_async(make_worker)("shop")
    first = await sync_to_async(make_deployment)(worker)
    await sync_to_async(make_edge)("local-1", applied_revision=first.revision)
    await sync_to_async(make_deployment)(worker)
    talk = await opened(await sync_to_async(signed_in)())
    async with asyncio.timeout(6):
        html = (await pushed(talk, timeout=3))["html"]
        while "local-1 still answers by" not in html:
            html = (await pushed(talk, timeout=3))["html"]
    assert "still on revision" in html and "is taking over" not in html
    await closed(talk)
