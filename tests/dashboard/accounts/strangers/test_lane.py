"""Who waits, who does not, and what is refused before Django sees it."""

import asyncio

import pytest
from django.utils import timezone

from dashboard.accounts.strangers.lane import StrangersLane
from dashboard.accounts.strangers.queue import Full, Queue
from dashboard.accounts.strangers.recognized import (
    REMEMBERED_SECONDS,
    Credentials,
    Recognized,
    credentials,
    opens_something,
)
from dashboard.accounts.strangers.small_body import replay
from dashboard.accounts.tokens import create_token, hash_token
from routing.models import Edge
from tests.factories import make_user

KNOWN = Credentials(session="known")


class Known(Recognized):
    """Knows one session without a database."""

    async def look_up(self, given):
        return given.session == "known" or given.token == "known"


class Door:
    """An application that answers when the test says so."""

    def __init__(self):
        self.inside, self.bodies, self.open = 0, [], asyncio.Event()

    async def __call__(self, scope, receive, send):
        self.inside += 1
        if scope["type"] == "http":
            self.bodies.append((await receive())["body"])
        await self.open.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def door():
    return Door()


@pytest.fixture
def lane(door):
    return StrangersLane(door, Known())


async def ask(lane, path="/", *, method="GET", headers=(), body=(b"",), kind="http", client="1"):
    """The first message of the answer."""
    waiting, sent = list(body), []

    async def receive():
        piece = waiting.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(waiting)}

    async def send(message):
        sent.append(message)

    scope = {
        "type": kind,
        "path": path,
        "method": method,
        "headers": list(headers),
        "client": (f"203.0.113.{client}", 1),
    }
    await lane(scope, receive, send)
    return sent[0]


def cookie(session):
    return (b"cookie", f"theme=dark; sessionid={session}".encode())


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


async def test_who_is_signed_in_does_not_wait_behind_strangers(lane, door):
    strangers = [asyncio.create_task(ask(lane)) for _ in range(30)]
    await settle()
    assert door.inside == 4
    signed_in = [asyncio.create_task(ask(lane, headers=[cookie("known")])) for _ in range(2)]
    forged = asyncio.create_task(ask(lane, headers=[cookie("forged")], client="9"))
    await settle()
    assert door.inside == 4 + 2, "whose session opens nothing waits"
    door.open.set()
    answers = await asyncio.gather(*strangers, *signed_in, forged)
    assert {answer["status"] for answer in answers} == {200}


async def test_a_remembered_session_passes_at_once(door):
    recognized = Known()
    recognized._until[b""] = 0
    lane = StrangersLane(door, recognized)
    recognized.remembers = lambda given: given == KNOWN
    waiting = [asyncio.create_task(ask(lane)) for _ in range(30)]
    await settle()
    known = [asyncio.create_task(ask(lane, headers=[cookie("known")])) for _ in range(10)]
    await settle()
    assert door.inside == 14
    door.open.set()
    await asyncio.gather(*waiting, *known)


async def test_signing_in_and_health_have_queues_of_their_own(lane, door):
    others = [asyncio.create_task(ask(lane)) for _ in range(10)]
    forms = [asyncio.create_task(ask(lane, "/accounts/login/", method="POST")) for _ in range(5)]
    health = asyncio.create_task(ask(lane, "/healthz"))
    await settle()
    assert door.inside == 4 + 2 + 1
    door.open.set()
    await asyncio.gather(*others, *forms, health)


async def test_too_many_from_one_address_are_told_when_to_try_again(lane, door):
    waiting = [asyncio.create_task(ask(lane)) for _ in range(4 + 32)]
    await settle()
    refused = await ask(lane)
    assert refused["status"] == 503 and (b"retry-after", b"3") in refused["headers"]
    elsewhere = asyncio.create_task(ask(lane, client="2"))
    door.open.set()
    assert (await elsewhere)["status"] == 200
    await asyncio.gather(*waiting)


@pytest.mark.parametrize(
    ("headers", "body"),
    [([(b"content-length", b"70000")], (b"never read",)), ([], (b"x" * 40_000, b"x" * 40_000))],
)
async def test_a_stranger_sends_little(lane, door, headers, body):
    refused = await ask(lane, method="POST", headers=headers, body=body)
    assert refused["status"] == 413 and door.inside == 0


async def test_a_large_body_with_a_token_that_opens_nothing_is_left_out(lane, door):
    door.open.set()
    headers = [(b"authorization", b"Bearer nothing"), (b"content-length", b"70000")]
    assert (await ask(lane, method="PUT", headers=headers, body=(b"never read",)))["status"] == 200
    assert door.bodies == [b""]
    headers = [(b"authorization", b"Bearer known"), (b"content-length", b"70000")]
    await ask(lane, method="PUT", headers=headers, body=(b"read",))
    assert door.bodies == [b"", b"read"]


async def test_what_comes_of_a_body_that_was_left_out_is_dropped():
    left = [{"type": "http.request", "body": b"x", "more_body": True}] * 3
    left.append({"type": "http.disconnect"})

    async def receive():
        return left.pop(0)

    replayed = replay(b"", receive)
    assert (await replayed())["body"] == b"" and len(left) == 4
    assert (await replayed())["type"] == "http.disconnect"


async def test_a_socket_without_credentials_is_refused_and_a_tail_is_not(lane, door):
    assert (await ask(lane, "/live/", kind="websocket"))["type"] == "websocket.close"
    assert door.inside == 0
    door.open.set()
    await ask(lane, "/client/v4/tails/1/secret", kind="websocket")
    assert door.inside == 1


async def test_a_tail_with_the_right_secret_does_not_wait_behind_strangers(door):
    async def opens(path):
        return path.endswith("/right")

    lane = StrangersLane(door, Known(), opens_socket=opens)
    waiting = [asyncio.create_task(ask(lane)) for _ in range(30)]
    await settle()
    assert door.inside == 4
    path = "/client/v4/tails/1/"
    tails = [asyncio.create_task(ask(lane, path + s, kind="websocket")) for s in ("right", "wrong")]
    await settle()
    assert door.inside == 4 + 1
    door.open.set()
    await asyncio.gather(*waiting, *tails)


async def test_several_cookie_lines_count_as_one(door):
    seen = []

    async def app(scope, receive, send):
        seen.append([value for name, value in scope["headers"] if name == b"cookie"])
        await door(scope, receive, send)

    door.open.set()
    session, other = cookie("known"), (b"cookie", b"a=1")
    for lines in ([session, other], [other, session]):
        assert credentials(lines) == KNOWN
        await ask(StrangersLane(app, Known()), headers=lines)
    assert seen == [[session[1] + b"; a=1"], [b"a=1; " + session[1]]]


async def test_a_queue_ends_a_wait():
    queue = Queue(1, waiting=1, per_address=1, seconds=0)
    await queue.take("a")
    with pytest.raises(Full):
        await queue.take("b")
    queue.give()
    async with queue.turn("c"):
        pass


@pytest.mark.django_db
def test_what_opens_something(client, settings):
    settings.METRICS_TOKEN = "m" * 16
    user = make_user("maya")
    client.force_login(user)
    session = client.session.session_key
    token, secret = create_token(user=user, name="ci", scopes=["read"])
    Edge.objects.create(
        name="e1", token_sha256=hash_token("of the edge"), created_on=timezone.now()
    )
    for given in (
        Credentials(session=session),
        Credentials(token=secret),
        Credentials(token="of the edge"),
        Credentials(token="m" * 16),
    ):
        assert opens_something(given)
    token.revoked_on = timezone.now()
    token.save()
    client.logout()
    for given in (Credentials(session=session), Credentials(token=secret), Credentials()):
        assert not opens_something(given)
    assert not opens_something(Credentials(session="a\0b", token="none"))


@pytest.mark.django_db(transaction=True)
async def test_it_is_remembered_for_a_minute_by_hash():
    now = [0.0]
    recognized = Recognized(lambda: now[0])
    await Edge.objects.acreate(
        name="e1", token_sha256=hash_token("secret"), created_on=timezone.now()
    )
    given = Credentials(token="secret")
    assert not recognized.remembers(given)
    assert await recognized.look_up(given) and recognized.remembers(given)
    assert not await recognized.look_up(Credentials(token="other"))
    now[0] = REMEMBERED_SECONDS
    assert not recognized.remembers(given)
    assert b"secret" not in b"".join(recognized._until)
