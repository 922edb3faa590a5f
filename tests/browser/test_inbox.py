"""The inbox in a browser: the bell follows, an item is opened and read, with the keyboard too."""

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from dashboard.accounts.models import Role
from dashboard.notifications.delivery.fan_out import fan_out_all
from dashboard.notifications.events import Event
from dashboard.notifications.notify import notify
from tests.factories import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def happen(person, text):
    with transaction.atomic():
        facts = {"comment": text}
        notify(
            Event.MENTION,
            now=timezone.now(),
            worker="shop",
            people=[person],
            facts=facts,
            link="/edges/",
        )
    fan_out_all(timezone.now())


def test_the_bell_follows_and_an_item_is_read(visitors):
    person = make_user("nora", Role.REVIEWER)
    visitor = visitors()
    visitor.enter("nora")
    page = visitor.open("/edges/")
    happen(person, "<img src=x onerror=alert(1)>")
    # What the socket pushes on pages that have one; it names nobody.
    page.evaluate("document.getElementById('inbox-news').dataset.newest = '1'")
    bell = page.get_by_role("link", name="Inbox, 1 unread")
    bell.wait_for()
    bell.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox/")
    expect(page.locator("#items img")).to_have_count(0)
    assert visitor.axe() == []
    page.get_by_role("link", name="Unread").last.click()
    page.wait_for_url("**/edges/")
    page.get_by_role("link", name="Inbox", exact=True).wait_for()
