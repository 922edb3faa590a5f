"""A browser that leaves ends what its request was waiting for."""

import asyncio
import time
from urllib.parse import urlencode

import pytest
from asgiref.testing import ApplicationCommunicator

from dashboard.asgi import application
from dashboard.playground.models import Entry
from tests.dashboard.playground.fake_edge import fake_edge
from tests.factories import make_deployment, make_edge, make_worker

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "a" * 32


async def send_and_leave(cookies, started):
    """POSTs to the playground as a browser does, and hangs up once the edge was reached."""
    body = urlencode({"worker": "shop", "path": "/"}).encode()
    jar = "; ".join([f"{c.key}={c.value}" for c in cookies.values()] + [f"csrftoken={TOKEN}"])
    headers = {
        "host": "localhost",
        "cookie": jar,
        "x-csrftoken": TOKEN,
        "content-type": "application/x-www-form-urlencoded",
        "content-length": str(len(body)),
    }
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/playground/",
        "query_string": b"",
        "http_version": "1.1",
        "headers": [(n.encode(), v.encode()) for n, v in headers.items()],
    }
    browser = ApplicationCommunicator(application, scope)
    await browser.send_input({"type": "http.request", "body": body})
    assert await asyncio.to_thread(started.wait, 5)
    await browser.send_input({"type": "http.disconnect"})
    await browser.wait(5)


def test_a_send_ends_with_its_browser(maya):
    make_deployment(make_worker("shop"))
    with fake_edge() as listener:
        listener.tick = b"tick\n"
        make_edge(proof_url=listener.url)
        began = time.monotonic()
        asyncio.run(send_and_leave(maya.cookies, listener.ticked))
        assert listener.left.wait(5) and time.monotonic() - began < 5
    for _ in range(100):
        if entry := Entry.objects.first():
            break
        time.sleep(0.05)
    assert (entry.status, entry.ended_by) == (200, "cancelled")
