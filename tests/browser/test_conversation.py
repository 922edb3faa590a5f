"""The conversation about a Worker in Chromium: mentions while typing, and without scripts."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dashboard.accounts.actor import Actor
from dashboard.discussion.pins import Pin
from dashboard.discussion.threads import open_thread
from tests.factories import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = "/workers/shop/conversation/"


@pytest.fixture
def lena(shop):
    lena = make_user("lena")
    pin = Pin("diff", "src/index.js, line 43", seen="+ return settle(res);")
    open_thread(shop, pin, "Is 250 ms enough?", Actor(lena, "dashboard", timezone.now()))
    return lena


def test_a_mention_is_completed_and_the_reply_sent_by_keyboard(maya, lena):
    page = maya.open(PAGE)
    reply = page.get_by_label("Reply about src/index.js, line 43")
    reply.press_sequentially("@le")
    page.get_by_role("option", name="lena operator").wait_for()
    assert maya.axe() == [] and not maya.spills()
    reply.press("Tab")
    expect(reply).to_have_value("@lena ")
    reply.press_sequentially("yes: **past** that they retry.")
    reply.press("Control+Enter")
    page.wait_for_url("**#thread-*")
    expect(page.locator(".comment .mention")).to_have_text("@lena", use_inner_text=True)
    expect(page.locator(".comment strong")).to_have_text("past", use_inner_text=True)


def test_without_scripts_on_a_phone_everything_is_there(visitors, lena):
    visitor = visitors(java_script_enabled=False, viewport={"width": 390, "height": 800})
    visitor.enter("lena")
    page = visitor.open(PAGE)
    page.get_by_label("About", exact=True).select_option(label="Request")
    page.get_by_label("Which", exact=True).fill("8f2c41d7")
    page.get_by_label("Comment", exact=True).fill("Declined by the bank.")
    page.get_by_role("button", name="Open thread").click()
    page.get_by_role("article", name="Thread about 8f2c41d7").wait_for()
    page.get_by_role("button", name="Resolve the thread about 8f2c41d7").click()
    page.get_by_text("Resolved by lena").wait_for()
    assert not visitor.spills()
