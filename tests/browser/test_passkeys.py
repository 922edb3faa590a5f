"""Passkeys in Chromium, with the virtual device of its tools: add one and sign in with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from tests.browser.conftest import Visitor
from tests.factories import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def visitor(browser, live_server, settings) -> Iterator[Visitor]:
    cache.clear()
    # Passkeys belong to a host name, which an address is not.
    settings.ALLOWED_HOSTS = ["localhost"]
    context = browser.new_context()
    visitor = Visitor(context, live_server.url.replace("127.0.0.1", "localhost"))
    make_user("maya")
    yield visitor
    # Leaves before the database is emptied.
    visitor.page.goto("about:blank")
    context.close()
    assert visitor.complaints == []


class Device:
    """A device with a fingerprint reader that says yes. Chromium forgets it with the page, so it is
    plugged into each page that needs it."""

    OPTIONS = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.credentials: list[dict[str, object]] = []

    def plug_in(self) -> None:
        self.channel = self.visitor.context.new_cdp_session(self.visitor.page)
        self.channel.send("WebAuthn.enable")
        added = self.channel.send("WebAuthn.addVirtualAuthenticator", {"options": self.OPTIONS})
        self.id = {"authenticatorId": added["authenticatorId"]}
        for credential in self.credentials:
            self.channel.send("WebAuthn.addCredential", {**self.id, "credential": credential})

    def unplug(self) -> None:
        self.credentials = self.channel.send("WebAuthn.getCredentials", self.id)["credentials"]


def test_a_passkey_is_added_and_signs_in_with_and_without_the_password(visitor):
    page = visitor.sign_in()
    visitor.open("/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill("pw")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Add a passkey").wait_for()
    assert visitor.axe() == [] and not visitor.spills()
    device = Device(visitor)
    device.plug_in()
    page.get_by_label("Name").fill("Work laptop")
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    device.unplug()
    visitor.open("/accounts/2fa/")
    page.get_by_role("row", name="Work laptop").wait_for()
    assert visitor.axe() == [] and not visitor.spills()

    sign_out(visitor)
    device.plug_in()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/workers/")

    sign_out(visitor)
    page.get_by_label("Name").fill("maya")
    page.get_by_label("Password").fill("pw")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Second factor").wait_for()
    assert visitor.axe() == [] and not visitor.spills()
    device.plug_in()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/workers/")


def test_without_a_passkey_the_page_says_so_and_the_password_still_works(visitor):
    page = visitor.open("/accounts/login/")
    Device(visitor).plug_in()
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_text("you canceled").wait_for()
    assert visitor.axe() == [] and not visitor.spills()
    visitor.sign_in()


def sign_out(visitor: Visitor) -> None:
    page = visitor.open("/accounts/")
    page.locator(".page-head").get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/")
